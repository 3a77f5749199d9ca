package bundle

import (
	"regexp"
	"strings"
)

// A rule finds one kind of thing in a line of text, whose full-width letters and digits
// were turned into those of ASCII.
type rule struct {
	kind  Kind
	found func(text string) bool
}

var rules = []rule{
	{PrivateKey, matches(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY`)},
	// A JWK (RFC 7517): the private members, and the value of a symmetric key.
	{PrivateKey, matches(`(?:^|[\s,{;&])["']?(?:d|k)["']?\s*[:=]\s*["']?[A-Za-z0-9_-]{38,}`)},
	{PrivateKey, matches(`["'](?:d|k)["']\s*:\s*["'][A-Za-z0-9_-]{16,}`)},
	{Secret, matches(`pin-value=[^.\s;&"]`)},
	{Certificate, matches(`-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----`)},
	{ElementValue, matches(elementKey)},
	{ElementValue, matches(elementText)},
	{BirthDate, birthDate},
	{Address, japanese(matches(municipality))},
	{Address, japanese(matches(houseNumber))},
	{PersonName, japanese(matches(dividedName))},
	{PersonName, japanese(matches(labelledName))},
	{PersonName, japanese(commonName)},
	{IndividualNumber, individualNumber},
}

func matches(expression string) func(string) bool {
	return regexp.MustCompile(expression).MatchString
}

// japanese spares a rule the lines, nearly all, in which there is nothing but ASCII.
func japanese(found func(string) bool) func(string) bool {
	return func(text string) bool {
		return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0 && found(text)
	}
}

// elementNames are the identifiers of elements in ISO/IEC 18013-5, ISO/IEC TS 23220-2
// and the Japanese name space, except "title" and the like, which say nothing.
const elementNames = `(?:family_name|given_name|full_name|birth_date|issue_date|expiry_date|issuing_country|issuing_authority|document_number|` +
	`portrait|driving_privileges|un_distinguishing_sign|administrative_number|sex|height|weight|eye_colour|hair_colour|birth_?place|` +
	`resident_[a-z_]+|portrait_capture_date|age_in_years|age_birth_year|age_over_[0-9]{2}|issuing_jurisdiction|nationality|` +
	`name_at_birth|telephone_number|email_address|signature_usual_mark|biometric_template_[a-z_]+|individual_number|local_gov_code|` +
	`element_?[vV]alue)(?:_national_character|_unicode|_latin1)*`

const (
	// As the key of JSON with a value that is neither null nor empty.
	elementKey = `"` + elementNames + `"\s*:\s*(?:"[^"]|[0-9tf]|\[[^\]]|\{[^}])`
	// As in logfmt or as Go prints maps; behind ": " a sentence in lower case is what an
	// error says of an element.
	elementText = `(?:^|[^a-zA-Z0-9_-])` + elementNames + `(?:=["']?[^\s"',;)]|:\s*["'0-9\[{(]|:\s*[^\sa-z\x00-\x1f"',;)]|:[^\s"',;)])`
)

const (
	date = `(?:[0-9]{1,4}\()?["']?(?:(?:18|19|20)[0-9]{2}[-/.年][ ]?[0-9]{1,2}[-/.月][ ]?[0-9]{1,2}|(?:18|19|20)[0-9]{6}(?:[^0-9]|$)|` +
		`(?:明治|大正|昭和|平成|令和|[MTSHR])[ ]?(?:[0-9]{1,2}|元)[-/.年][ ]?[0-9]{1,2}[-/.月])`
	birth = `(?i)(?:[a-z_-]*birth[a-z_-]*|birthday|\bborn(?: on)?|\bdob|生年月日|誕生日|出生)[\s"'\\:=(\[{>はが]{0,8}` + date
)

var birthDated = regexp.MustCompile(birth)

// birthDate looks for the words first, which few lines have.
func birthDate(text string) bool {
	lower := strings.ToLower(text)
	for _, word := range []string{"birth", "born", "dob", "生", "誕"} {
		if strings.Contains(lower, word) {
			return birthDated.MatchString(text)
		}
	}
	return false
}

const (
	numerals = `[0-9一二三四五六七八九十百]+`
	// A prefecture, also one that does not exist, with a municipality behind it.
	municipality = `(?:東京都|北海道|京都府|大阪府|\p{Han}{2,3}県)[\s　]*[\p{Han}\p{Hiragana}\p{Katakana}ー]{1,8}(?:市|区|町|村|郡)`
	houseNumber  = `(?:市|区|町|村|郡)[\p{Han}\p{Hiragana}\p{Katakana}ー]{0,12}(?:` + numerals + `丁目|[0-9]+-[0-9]+)|` +
		numerals + `丁目[\s　]*` + numerals + `(?:番|-)|` + numerals + `番地|` + numerals + `番` + numerals + `号|〒\s*[0-9]{3}-?[0-9]{4}`
)

const (
	// An ideographic space divides family name and given name on certificates.
	dividedName  = `\p{Han}{1,4}　[\p{Han}\p{Hiragana}\p{Katakana}ー]{1,6}|\p{Katakana}[\p{Katakana}ー]*　\p{Katakana}[\p{Katakana}ー]*`
	labelledName = `(?:氏名|姓名|お名前|フリガナ|ふりがな|氏名カナ)["'\s　]*[:=は][\s　"']*[\p{Han}\p{Hiragana}\p{Katakana}A-Z]`
)

// commonNames are family names of two characters and more that many people in Japan have
// and that are no everyday word.
const commonNames = `佐藤|鈴木|高橋|田中|伊藤|渡辺|渡邊|渡邉|山本|中村|小林|加藤|吉田|山田|佐々木|山口|松本|井上|木村|斎藤|齋藤|斉藤|清水|山崎|池田|橋本|` +
	`阿部|石川|山下|中島|石井|小川|前田|岡田|長谷川|藤田|後藤|近藤|村上|遠藤|青木|坂本|福田|太田|西村|藤井|金子|岡本|藤原|三浦|中野|中川|松田|竹内|小野|田村`

var (
	fullName = regexp.MustCompile(`(?:^|[^\p{Han}])(?:` + commonNames + `)([\s　]?)(\p{Han}{1,3}|\p{Hiragana}{2,4})(?:[^\p{Han}]|$)`)
	// The last character of most given names in Han.
	givenEnd = `子美香奈恵代江枝穂菜花郎朗太介輔助夫雄男一二三郁樹彦之人也斗翔真司治志仁誠浩健大輝明実隆和茂勇進豊弘博学剛修`
)

// commonName finds one of the common family names with a given name behind it.
func commonName(text string) bool {
	for _, m := range fullName.FindAllStringSubmatch(text, -1) {
		given := []rune(m[2])
		if strings.ContainsRune(givenEnd, given[len(given)-1]) || m[1] != "" && strings.ContainsRune(hiragana, given[0]) {
			return true
		}
	}
	return false
}

const hiragana = `あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ`
