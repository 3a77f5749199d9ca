package message

import "kazashi/session/fault"

var terminal = []Entry{
	{
		fault.Internal, outOfService, CallTechnician,
		Text{
			"kazashidの内部で、想定していない誤りが起きました。",
			"An unexpected error happened inside kazashid.",
		},
		Text{
			"同じ時刻のログを添えて開発元へ知らせます。受付はやり直せます。",
			"Report it with the log of that moment. Presentations can be armed again.",
		},
	},
	{
		fault.ForbiddenElementReceived, documentRefused, Never,
		Text{
			"スマートフォンが、求めていない個人番号を送ってきました。値は捨てられました。",
			"The phone sent the individual number, which was not asked for; the value was discarded.",
		},
		Text{
			"値は保存されていません。ウォレットアプリの版を控え、管理者と開発元へ知らせます。",
			"Nothing was kept. Note the wallet's version and tell the operator and the maker.",
		},
	},
	{
		fault.Panicked, outOfService, CallTechnician,
		Text{
			"kazashidの一部が想定外の状態になり、終了しました。systemdが再起動します。",
			"A part of kazashid came into a state that must not be, and it ended. systemd starts it anew.",
		},
		Text{
			"ログの\"panic\"の行を添えて開発元へ知らせます。受付はやり直せます。",
			"Report it with the log line \"panic\". Presentations can be armed again.",
		},
	},
	{
		fault.SelfTestFailed, outOfService, CallTechnician,
		Text{
			"自己診断で、決まった答えと違う結果が出ました。",
			"A self-test gave another answer than the known one.",
		},
		Text{
			"この端末の検証結果は信用できません。kazashi version で版を確かめ、パッケージを入れ直し、続くようなら機器の故障を疑います。",
			"No verdict of this terminal can be relied on. Check kazashi version, install the package anew, and if it stays suspect the machine.",
		},
	},
}
