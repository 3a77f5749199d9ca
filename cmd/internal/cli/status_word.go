package cli

import (
	"fmt"
	"strconv"

	"kazashi/reader/apdu"
)

// endOfFile is the warning of a file that ends before the length that was asked for
// (ISO/IEC 7816-4, 5.6).
const endOfFile apdu.Status = 0x6282

// statusWords says what the status words mean that a phone answers to this terminal's
// commands (ISO/IEC 7816-4, 5.6, tables 5 and 6).
var statusWords = map[apdu.Status]phrase{
	apdu.OK:                   {"成功", "done"},
	endOfFile:                 {"ファイルの終わりに達した", "the file ended before the asked length"},
	apdu.WrongLength:          {"長さの誤り", "wrong length"},
	apdu.SecurityNotSatisfied: {"セキュリティの条件を満たさない。利用者が断ったか、ロック中", "security status not satisfied: declined, or locked"},
	apdu.ConditionsNotMet:     {"使用条件を満たさない。利用者が断ったか、まだ使えない", "conditions of use not satisfied: declined, or not ready"},
	apdu.WrongData:            {"データ欄の誤り", "wrong data field"},
	apdu.FunctionNotSupported: {"この機能はない", "function not supported"},
	apdu.FileNotFound:         {"アプリケーションまたはファイルがない", "no such application or file"},
	apdu.WrongP1P2:            {"P1 または P2 の誤り", "wrong P1 or P2"},
	apdu.WrongOffset:          {"オフセットが範囲の外", "offset outside of the file"},
	apdu.INSNotSupported:      {"この命令 (INS) はない", "instruction (INS) not supported"},
	apdu.CLANotSupported:      {"このクラス (CLA) はない", "class (CLA) not supported"},
	apdu.NoDiagnosis:          {"理由は示されていない", "failed, without a reason"},
}

// statusText says what a status word means, given as four hexadecimal digits. Of one
// that this terminal does not know it says the kind.
func statusText(l language, hex string) string {
	value, err := strconv.ParseUint(hex, 16, 16)
	if err != nil || len(hex) != 4 {
		return ""
	}
	sw := apdu.Status(value)
	if known, ok := statusWords[sw]; ok {
		return known.in(l)
	}
	if n, ok := sw.MoreData(); ok {
		if n == 0 {
			return phrase{"続きが 256 バイト以上ある", "256 bytes or more are left"}.in(l)
		}
		return fmt.Sprintf(phrase{"続きが %d バイトある", "%d bytes are left"}.in(l), n)
	}
	if n, ok := sw.WrongExpected(); ok {
		if n == 0 {
			n = 256
		}
		return fmt.Sprintf(phrase{"求める長さは %d バイト", "the length to ask for is %d bytes"}.in(l), n)
	}
	switch value >> 8 {
	case 0x62, 0x63:
		return phrase{"警告", "warning"}.in(l)
	case 0x64, 0x65, 0x66:
		return phrase{"実行の失敗", "execution failed"}.in(l)
	case 0x68:
		return phrase{"このクラスの機能はない", "function of the class not supported"}.in(l)
	case 0x69:
		return phrase{"この命令は許されない", "command not allowed"}.in(l)
	case 0x6a:
		return phrase{"P1、P2 またはデータの誤り", "wrong parameters"}.in(l)
	}
	return phrase{"この端末の知らない値", "not known to this terminal"}.in(l)
}
