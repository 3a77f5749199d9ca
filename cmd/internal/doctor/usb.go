package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kazashi/cmd/internal/message"
	"kazashi/reader"
	"kazashi/session/fault"
)

// usbDevices is where the kernel shows what is plugged in.
const usbDevices = "/sys/bus/usb/devices"

// makers are vendors of contactless readers, by USB vendor id. A device of theirs counts
// as a reader also where it speaks a protocol of its own, so that it can be said that
// pcscd cannot drive it.
var makers = map[string]string{
	"04e6": "SCM/Identiv", "054c": "Sony", "072f": "ACS", "076b": "HID Omnikey", "0c4b": "Reiner SCT", "1c34": "SpringCard",
}

// A usbReader is a device on USB that is, or may be, a reader.
type usbReader struct {
	Vendor, Product string // in four hexadecimal digits each
	Name            string
	CCID            bool // has an interface of the smart card class
	// Features and Message are dwFeatures and dwMaxCCIDMessageLength of the device's own
	// descriptor (CCID 1.1, 5.1), 0 when it has none.
	Features, Message uint32
}

type usbFacts struct {
	Readers []usbReader
	Err     error
}

func probeUSB(_ context.Context, w *World, _ Facts) func(*Facts) {
	var u usbFacts
	entries, err := os.ReadDir(w.path(usbDevices))
	u.Err = err
	for _, e := range entries {
		if strings.Contains(e.Name(), ":") {
			continue // an interface, which stands below its device
		}
		if r, ok := usbDevice(filepath.Join(w.path(usbDevices), e.Name())); ok {
			u.Readers = append(u.Readers, r)
		}
	}
	return func(f *Facts) { f.USB = u }
}

// smartCardClass is bInterfaceClass of CCID devices.
const smartCardClass = 0x0b

func usbDevice(dir string) (usbReader, bool) {
	r := usbReader{Vendor: attribute(dir, "idVendor"), Product: attribute(dir, "idProduct")}
	r.Name = strings.TrimSpace(attribute(dir, "manufacturer") + " " + attribute(dir, "product"))
	if r.Vendor == "" {
		return r, false
	}
	if r.Name == "" {
		r.Name = makers[r.Vendor]
	}
	if descriptors, err := os.ReadFile(filepath.Join(dir, "descriptors")); err == nil {
		r.describe(descriptors)
	}
	_, known := makers[r.Vendor]
	return r, r.CCID || known && looksLikeReader(r.Name)
}

// looksLikeReader tells readers from the many other things of the same makers.
func looksLikeReader(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"rc-s", "nfc", "felica", "pasori", "reader", "picc", "contactless", "smart card"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func attribute(dir, name string) string {
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// describe walks the device's descriptors (USB 2.0, 9.5), each of which begins with its
// length and type, as far as they are well-formed.
func (r *usbReader) describe(d []byte) {
	const interfaceType, ccidType, ccidLength = 0x04, 0x21, 54
	inside := false
	for len(d) >= 2 && int(d[0]) >= 2 && int(d[0]) <= len(d) {
		one := d[:d[0]]
		d = d[d[0]:]
		switch {
		case one[1] == interfaceType && len(one) >= 9:
			inside = one[5] == smartCardClass
			r.CCID = r.CCID || inside
		case one[1] == ccidType && inside && len(one) >= ccidLength:
			r.Features = binary.LittleEndian.Uint32(one[40:])
			r.Message = binary.LittleEndian.Uint32(one[44:])
		}
	}
}

// The level of exchange of a CCID device, bits 16 to 18 of dwFeatures.
const (
	exchangeMask  = 0x00070000
	shortExchange = 0x00020000
)

// shortOnly tells that the device says of itself that it carries short APDUs only.
func (r usbReader) shortOnly() bool { return r.CCID && r.Features&exchangeMask == shortExchange }

func (r usbReader) String() string {
	return strings.TrimSpace(r.Name + " [" + r.Vendor + ":" + r.Product + "]")
}

func judgeUSB(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	u := f.USB
	var names []string
	for _, r := range u.Readers {
		names = append(names, r.String())
	}
	switch {
	case len(names) > 0:
		return Verdict{Note: same(strings.Join(names, ", "))}
	case len(f.Service.Seen) > 0:
		return Verdict{Note: both("USB にはありません (pcscd には別のリーダーがあります)", "none on USB; pcscd has another one")}
	case f.Service.Err != nil && !errors.Is(f.Service.Err, reader.ErrNoReader):
		// A reader need not be on USB, and pcscd cannot be asked for others.
		return Verdict{State: Unseen, Hidden: both("USB にはありません", "none is on USB"), How: "lsusb"}
	case errors.Is(u.Err, fs.ErrNotExist):
		return Verdict{State: Unseen, Hidden: both("この機械は %s を見せません", "this machine does not show %s", usbDevices), How: "lsusb"}
	case u.Err != nil:
		return Verdict{State: Unseen, Hidden: same(u.Err.Error()), How: "lsusb"}
	}
	return Verdict{Findings: []Finding{{
		Code: fault.ReaderNotFound,
		Seen: message.Text{Ja: "USB にカードリーダーがありません", En: "no card reader is on USB"},
		Do:   both("リーダーの USB ケーブルと給電を確認し、別の差し込み口でも試します。", "Check the reader's USB cable and power, and try another port."),
		Run:  []string{"lsusb"},
	}}}
}
