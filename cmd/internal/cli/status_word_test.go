package cli

import "testing"

func TestStatusWordsInWords(t *testing.T) {
	for _, c := range []struct{ hex, ja, en string }{
		{"9000", "成功", "done"},
		{"6a82", "アプリケーションまたはファイルがない", "no such application or file"},
		{"6A82", "アプリケーションまたはファイルがない", "no such application or file"},
		{"6110", "続きが 16 バイトある", "16 bytes are left"},
		{"6100", "続きが 256 バイト以上ある", "256 bytes or more are left"},
		{"6c00", "求める長さは 256 バイト", "the length to ask for is 256 bytes"},
		{"6c2a", "求める長さは 42 バイト", "the length to ask for is 42 bytes"},
		{"63c2", "警告", "warning"},
		{"6581", "実行の失敗", "execution failed"},
		{"6999", "この命令は許されない", "command not allowed"},
		{"1234", "この端末の知らない値", "not known to this terminal"},
		{"", "", ""},
		{"90000", "", ""},
		{"zzzz", "", ""},
	} {
		if ja, en := statusText(japanese, c.hex), statusText(english, c.hex); ja != c.ja || en != c.en {
			t.Errorf("%s: %q, %q", c.hex, ja, en)
		}
	}
}
