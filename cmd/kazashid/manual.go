package main

import (
	"kazashi/cmd/internal/manual"
	"kazashi/configs"
)

// pages is kazashid(8) beside what the command line says of itself.
func pages() manual.Program {
	return manual.Program{
		New:     command,
		Chapter: 8,
		Short:   manual.Text{Ja: "かざす本人確認端末 Kazashi のデーモン", En: "the daemon of the Kazashi NFC identity terminal"},
		About: []manual.Text{
			{
				Ja: "キオスクのプログラムが Unix ソケットで読み取りを用意すると、PC/SC リーダーにかざされたスマートフォンの mdoc (ISO/IEC 18013-5) を読み、検証し、確かめた項目を一度だけ渡します。項目の値はメモリにだけあり、渡し終えると消されます。",
				En: "Waits for a kiosk's program to arm a presentation on a Unix socket, reads the mdoc (ISO/IEC 18013-5) of the phone that is then held over a PC/SC reader, verifies it, and hands the verified elements over once. Their values exist in memory only, and are wiped when they have been taken.",
			},
			{
				Ja: "--specimen では、どこにも存在しない見本の文書だけのための砂場になります。",
				En: "With --specimen it is a sandbox with documents of people who exist nowhere.",
			},
		},
		Flags: map[string]string{
			"config":         "設定ファイル (既定は " + configs.Path + "。見本モードではなし)",
			"check-config":   "設定、プロファイル、発行者、鍵を読み、誤りを示して終わる",
			"socket":         "設定の socket.path の代わりに使うソケット",
			"specimen":       "見本の文書を受け付ける。--config がなければ、リーダーとスマートフォンもソフトウェアのものを使う",
			"scenario":       "見本のスマートフォンのふるまい。コンマで区切ると、読み取りごとに順に使う",
			"readers":        "ソフトウェアのリーダーの数。それぞれに見本のスマートフォンがつく (既定は 1)",
			"specimen-pki":   "受け付ける見本の発行者のフォルダー。なければ作られる。指定しなければ起動のたびに新しくなる",
			"list-scenarios": "見本のスマートフォンのふるまいを一覧にして終わる",
			"help":           "使い方を表示する",
			"version":        "版を表示する",
		},
		More: []manual.Part{
			{Title: manual.Signals, Items: []manual.Entry{
				{Term: "SIGHUP", Text: manual.Text{
					Ja: "設定、プロファイル、発行者、鍵を読み直す。誤りがあれば、それまでのものを使い続ける。",
					En: "Read configuration, profiles, anchors and key anew; what is wrong with them leaves the old ones in force.",
				}},
				{Term: "SIGTERM, SIGINT", Text: manual.Text{
					Ja: "読み取りを終え、値を消し、5 秒以内に終わる。",
					En: "End taps, wipe values and stop, within 5 seconds.",
				}},
			}},
			{Title: manual.Exit, Items: []manual.Entry{
				{Term: "0", Text: manual.Text{Ja: "指示どおりに終わった", En: "stopped in order"}},
				{Term: "2", Text: manual.Text{Ja: "処理の一部が異常終了した (値は消去済み)", En: "a part of the daemon panicked; values were wiped"}},
				{Term: "64", Text: manual.Text{Ja: "使い方の誤り", En: "wrong command line"}},
				{Term: "69", Text: manual.Text{Ja: "ソケットを使えない", En: "the socket is not available"}},
				{Term: "70", Text: manual.Text{Ja: "内部エラー", En: "internal fault"}},
				{Term: "78", Text: manual.Text{Ja: "設定の誤り、またはこのビルドにないリーダー", En: "wrong configuration, or a reader backend that this build does not have"}},
			}},
			{Title: manual.Environment, Items: []manual.Entry{
				{Term: "KAZASHI_KEY", Text: manual.Text{
					Ja: "設定のキーを上書きする。presentation.ready なら KAZASHI_PRESENTATION_READY。access、reader_key、trust はファイルだけで決まる。",
					En: "Overrides a key of the configuration: KAZASHI_PRESENTATION_READY is presentation.ready. access, reader_key and trust can be set in the file only.",
				}},
			}},
			{Title: manual.Files, Items: []manual.Entry{
				{Term: configs.Path, Text: manual.Text{Ja: "設定。各キーの意味がこのファイルに書かれている。", En: "The configuration, which explains each of its keys."}},
				{Term: "/etc/kazashi/keys", Text: manual.Text{Ja: "リーダー認証の鍵と PIN の置き場所。デーモンだけが読める。", En: "Keys and PINs of reader authentication; the daemon alone can read them."}},
				{Term: "/run/kazashi/kazashi.sock", Text: manual.Text{Ja: "ソケット。", En: "The socket."}},
				{Term: "/var/lib/kazashi/ledger", Text: manual.Text{Ja: "読み取りの番号と結末。個人に関するものはない。", En: "Ids and ends of presentations, and nothing about persons."}},
				{Term: "/var/lib/kazashi-trust", Text: manual.Text{Ja: "登録された VICAL、CRL、ステータスリスト。デーモンは読むだけ。", En: "Installed VICALs, CRLs and status lists, which the daemon only reads."}},
			}},
		},
	}
}
