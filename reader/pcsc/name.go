package pcsc

// SameModel reports whether two readers are of one model, as far as their names tell:
// the names differ in nothing but the number that pcscd gives to readers in the order
// in which it finds them. A name ends in that number and in that of the slot within
// the reader, two hexadecimal digits each ("Sony RC-S300 01 00"); two slots of one
// reader are not the same. Some names hold the serial number, and tell readers of one
// model apart.
//
// Which of two such readers has which name can change whenever one is plugged in.
func SameModel(a, b string) bool {
	modelA, slotA, okA := split(a)
	modelB, slotB, okB := split(b)
	return a == b || okA && okB && modelA == modelB && slotA == slotB
}

// split takes a name apart, without the reader's number.
func split(name string) (model, slot string, ok bool) {
	const numbers = " 00 00"
	n := len(name) - len(numbers)
	if n < 0 {
		return "", "", false
	}
	tail := name[n:]
	for i, c := range []byte(tail) {
		if digit := c >= '0' && c <= '9' || c >= 'A' && c <= 'F'; digit == (numbers[i] == ' ') || !digit && c != ' ' {
			return "", "", false
		}
	}
	return name[:n], tail[len(tail)-2:], true
}
