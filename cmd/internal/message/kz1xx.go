package message

import "kazashi/session/fault"

// nothing is the entry of the code that stands where nothing went wrong.
var nothing = []Entry{
	{
		fault.OK, Text{"読み取りが完了しました。スマートフォンを離してください。", "Done. You may take your phone away."}, Never,
		Text{"異常はありません。", "Nothing went wrong."},
		Text{"対応は不要です。", "Nothing needs to be done."},
	},
}

var readerAndCard = []Entry{
	{
		fault.CardRemoved, holdStill, TapAgain,
		Text{
			"通信の途中で、スマートフォンがリーダーから離れました。",
			"The phone left the reader's field in the middle of the exchange.",
		},
		Text{
			"終わるまで動かさないよう案内します。多発する場合は、リーダーの取り付け位置と近くの金属を調べます。",
			"Ask the customer to keep the phone still. If many people meet this, look at how the reader is mounted and for metal near it.",
		},
	},
	{
		fault.CardUnresponsive, onlyOne, TapAgain,
		Text{
			"リーダーの上に何かありますが、応答しません。2枚以上が重なっていることもあります。",
			"Something is in the field but does not answer; two cards may lie on top of each other.",
		},
		Text{
			"ケースに入れたカードを外してもらいます。何も置いていないのに続く場合は、リーダーを抜き差しします。",
			"Have cards taken out of the phone's case. If it goes on with nothing on the reader, unplug the reader and plug it in again.",
		},
	},
	{
		fault.CardReset, tapAgain, TapAgain,
		Text{
			"別のプログラムが、通信中にスマートフォンとの接続をリセットしました。",
			"Another program reset the connection to the phone during the exchange.",
		},
		Text{
			"この端末でPC/SCを使う他のプログラムを止めます。",
			"Stop the other programs on this machine that use PC/SC.",
		},
	},
	{
		fault.TransmissionFailed, holdStill, TapAgain,
		Text{
			"リーダーが、スマートフォンとの通信に失敗したと報告しました。",
			"The reader reported that an exchange with the phone failed.",
		},
		Text{
			"電波の状態を疑います。多発する場合は、リーダーの位置、ケーブル、ファームウェアを調べます。",
			"Suspect the radio link. If it happens often, check the reader's place, its cable and its firmware.",
		},
	},
	{
		fault.CardTimeout, holdStill, TapAgain,
		Text{
			"決められた時間内に、スマートフォンから応答がありませんでした。",
			"The phone did not answer a command within its deadline.",
		},
		Text{
			"もう一度かざしてもらいます。特定の機種だけで続く場合は、設定のstep_timeoutを延ばして試します。",
			"Have the phone held over again. If one model keeps failing, try a longer step_timeout in the configuration.",
		},
	},
	{
		fault.ReaderBusy, waitAndTap, Later,
		Text{
			"別のプログラムがリーダーを占有しています。",
			"Another program holds the reader exclusively.",
		},
		Text{
			"PC/SCを使う他のプログラム(gpg、pcsc_scanなど)を終了します。",
			"End the other users of PC/SC, such as gpg or pcsc_scan.",
		},
	},
	{
		fault.ReaderNotFound, outOfService, CallTechnician,
		Text{
			"設定に合うリーダーが見つかりません。",
			"No reader is there that matches the configuration.",
		},
		Text{
			"USBの接続と、設定のreader.includeがリーダーの名前に合うかを確認します。",
			"Check the USB connection, and that reader.include in the configuration matches the reader's name.",
		},
	},
	{
		fault.ReaderServiceDown, outOfService, CallTechnician,
		Text{
			"リーダーのサービス(pcscd)が動いていません。",
			"The reader service (pcscd) does not run.",
		},
		Text{
			"systemctl status pcscd.socket pcscd.service で状態を確認します。サービスが戻れば自動で再開します。",
			"Look at systemctl status pcscd.socket pcscd.service. The daemon goes on by itself once the service is back.",
		},
	},
	{
		fault.ReaderServiceDenied, outOfService, CallTechnician,
		Text{
			"pcscdが、デーモンのユーザーによる利用を拒否しました。",
			"pcscd refuses the user that the daemon runs as.",
		},
		Text{
			"ユーザーkazashiに、org.debian.pcsc-lite.access_pcscとaccess_cardをpolkitの規則で許可します。",
			"Allow org.debian.pcsc-lite.access_pcsc and access_card to the user kazashi by a polkit rule.",
		},
	},
	{
		fault.ReaderUnsupported, outOfService, CallTechnician,
		Text{
			"このプログラムは、PC/SCなしで作られています。",
			"This program was built without support for PC/SC.",
		},
		Text{
			"cgoとlibpcsclite-devのある環境で作り直すか、配布されたパッケージを使います。",
			"Build it again with cgo and libpcsclite-dev, or install the packaged program.",
		},
	},
	{
		fault.ReaderAmbiguous, outOfService, CallTechnician,
		Text{
			"設定に合うリーダーが2台以上あり、どれを使うか決められません。",
			"More than one reader matches the configuration, and none can be chosen.",
		},
		Text{
			"余分なリーダーを外すか、1台だけに合うように設定のreader.includeを狭めます。",
			"Unplug the other readers, or narrow reader.include until it matches one.",
		},
	},
	{
		fault.MalformedAPDU, tapAgain, TapAgain,
		Text{
			"APDUの形がISO/IEC 7816-4に合いません。",
			"An APDU is not formed as ISO/IEC 7816-4 says.",
		},
		Text{
			"機種とウォレットアプリの版を控え、記録とともに開発元へ知らせます。",
			"Note the phone's model and the version of its wallet, and report them with the log.",
		},
	},
	{
		fault.ReaderNameMismatch, outOfService, CallTechnician,
		Text{
			"リーダーはありますが、設定のreader.includeに合う名前のものがありません。",
			"Readers are there, but reader.include of the configuration matches none of their names.",
		},
		Text{
			"設定のreader.includeを、kazashi doctorに出たリーダーの名前の一部に直します。",
			"Set reader.include to a part of one of the names that kazashi doctor shows.",
		},
	},
	{
		fault.ReaderNotListed, outOfService, CallTechnician,
		Text{
			"リーダーはUSBにつながっていますが、pcscdが認識していません。",
			"A reader is plugged into USB, but pcscd does not list it.",
		},
		Text{
			"リーダーを抜き差しし、pcscdを再起動します。続く場合はpcscdのログで読み込めないドライバーを調べます。",
			"Unplug the reader and plug it in again, then restart pcscd. If that does not help, look in its log for a driver that cannot be loaded.",
		},
	},
	{
		fault.ReaderDriverMissing, outOfService, CallTechnician,
		Text{
			"つながっているUSBリーダーを動かすドライバーがありません。",
			"No driver is installed for the USB reader that is plugged in.",
		},
		Text{
			"libccidを導入するか、メーカーのPC/SCドライバーを導入し、pcscdを再起動します。",
			"Install libccid, or the PC/SC driver of the reader's maker, and restart pcscd.",
		},
	},
	{
		fault.ReaderServiceHung, outOfService, CallTechnician,
		Text{
			"リーダーのサービス(pcscd)は動いていますが、呼びかけに応答しません。",
			"The reader service (pcscd) runs, but does not answer.",
		},
		Text{
			"pcscdを再起動します。繰り返す場合は、リーダーを抜き差しし、ドライバーの版を確認します。",
			"Restart pcscd. If it happens again, unplug the reader and look at the version of its driver.",
		},
	},
	{
		fault.ReaderShortAPDU, outOfService, CallTechnician,
		Text{
			"設定では拡張APDUを使いますが、リーダーは短いAPDUしか運べません。",
			"The configuration uses extended APDUs, but the reader carries short ones only.",
		},
		Text{
			"設定のreader.extended_lengthをfalseにするか、拡張APDUを運べるリーダーに替えます。",
			"Set reader.extended_length to false, or use a reader that carries extended APDUs.",
		},
	},
	{
		fault.FieldOccupied, worksAsk, CallTechnician,
		Text{
			"受付をしていないのに、リーダーの上に何か置かれています。",
			"Something lies on the reader though nothing was asked for.",
		},
		Text{
			"リーダーの上のカードや物を取り除きます。",
			"Take away what lies on the reader.",
		},
	},
	{
		fault.ReaderRuleMissing, worksAsk, CallTechnician,
		Text{
			"pcscdはpolkitに問い合わせますが、デーモンのユーザーを許可する規則が見つかりません。",
			"pcscd asks polkit, but there is no rule that lets the user of the daemon in.",
		},
		Text{
			"付属の規則を/usr/share/polkit-1/rules.d/50-kazashi.rulesに置きます。",
			"Install the rule that comes with the daemon as /usr/share/polkit-1/rules.d/50-kazashi.rules.",
		},
	},
}
