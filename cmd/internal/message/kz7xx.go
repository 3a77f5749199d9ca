package message

import "kazashi/session/fault"

var configurationAndKeys = []Entry{
	{
		fault.ConfigUnreadable, outOfService, CallTechnician,
		Text{
			"設定ファイルを開けないか、YAMLとして読めません。",
			"The configuration file cannot be opened or is not YAML.",
		},
		Text{
			"エラーに出たファイルと行を確認し、kazashid --check-configで確かめます。",
			"Look at the file and line in the error, and try again with kazashid --check-config.",
		},
	},
	{
		fault.ConfigInvalid, outOfService, CallTechnician,
		Text{
			"設定に、知らないキー、重複したキー、または誤った値があります。",
			"The configuration has an unknown key, a key twice, or a wrong value.",
		},
		Text{
			"エラーに出たキーを直します。各キーの意味は、付属のkazashid.yamlに書かれています。",
			"Correct the key in the error. The kazashid.yaml that comes with the daemon explains each.",
		},
	},
	{
		fault.ProfileInvalid, outOfService, CallTechnician,
		Text{
			"プロファイルのファイルが正しくありません。",
			"A profile's file is not valid.",
		},
		Text{
			"エラーに出たファイルとキーを直します。付属のプロファイルを手本にできます。",
			"Correct the file and key in the error; the profiles that come with the daemon are models.",
		},
	},
	{
		fault.ElementForbidden, outOfService, CallTechnician,
		Text{
			"プロファイルが、要求してはならない項目(個人番号)を含んでいます。",
			"A profile asks for an element that must never be asked for (the individual number).",
		},
		Text{
			"その項目をプロファイルから除きます。許可する設定はありません。",
			"Take the element out of the profile. No setting allows it.",
		},
	},
	{
		fault.ReaderKeyUnreadable, outOfService, CallTechnician,
		Text{
			"リーダー認証の鍵または証明書を読み込めません。",
			"The reader authentication key or its certificate cannot be read.",
		},
		Text{
			"設定のreader_keyのファイルがあり、PEM形式で、ユーザーkazashiから読めるか確認します。",
			"Check that the files under reader_key exist, are PEM, and can be read by the user kazashi.",
		},
	},
	{
		fault.ReaderKeyMismatch, outOfService, CallTechnician,
		Text{
			"リーダー認証の証明書が、秘密鍵と対になっていません。",
			"The reader authentication certificate does not belong to the private key.",
		},
		Text{
			"設定のreader_key.keyとreader_key.certificateを、対になるものにそろえます。",
			"Name a key and a certificate that belong together under reader_key.",
		},
	},
	{
		fault.ReaderCertificateExpired, outOfService, CallTechnician,
		Text{
			"リーダー認証の証明書の有効期間が過ぎています。",
			"The reader authentication certificate has expired.",
		},
		Text{
			"新しい証明書を入手し、設定のreader_key.certificateに置き換えます。",
			"Obtain a new certificate and put it in place of reader_key.certificate.",
		},
	},
	{
		fault.InputUnreadable, outOfService, CallTechnician,
		Text{
			"コマンドに渡された入力を読めません。",
			"An input that was given to a command cannot be read.",
		},
		Text{
			"ファイルの名前、形式、読み取りの権限を確認します。",
			"Check the file's name, its format, and that you may read it.",
		},
	},
	{
		fault.MalformedTranscript, outOfService, CallTechnician,
		Text{
			"SessionTranscriptを解釈できません。",
			"A SessionTranscript cannot be decoded.",
		},
		Text{
			"検証に使うデータが、同じ通信から取られたものか確認します。",
			"Check that the data to be verified was taken from one and the same session.",
		},
	},
	{
		fault.Usage, outOfService, CallTechnician,
		Text{
			"コマンドの指定(フラグや引数)に誤りがあります。",
			"A command was given flags or arguments that it does not take.",
		},
		Text{
			"--helpで使い方を確認します。",
			"Look at --help for how the command is used.",
		},
	},
	{
		fault.ReloadRefused, worksAsk, CallTechnician,
		Text{
			"読み込み直した設定に誤りがあります。それまでの設定のまま動いています。",
			"A configuration that was to be reloaded is wrong; the terminal goes on with the former one.",
		},
		Text{
			"ログとkazashid --check-configが示す箇所を直し、systemctl reload kazashid.serviceをもう一度行います。",
			"Mend what the log and kazashid --check-config name, then run systemctl reload kazashid.service again.",
		},
	},
	{
		fault.EvidenceNotRetained, outOfService, CallTechnician,
		Text{
			"保存しない要素を求めるプロファイルに、evidence: trueが指定されています。",
			"A profile hands out evidence but asks for elements that it promises not to retain.",
		},
		Text{
			"証拠には求めた要素がすべて含まれます。全要素をretain: trueにして保存の目的と日数を書くか、evidenceを外します。",
			"Evidence holds every element that was asked for: set retain on all of them, with purpose and days, or take evidence out.",
		},
	},
	{
		fault.ReaderCertificateProfile, outOfService, CallTechnician,
		Text{
			"リーダー認証の証明書が、ISO/IEC 18013-5 附属書Bの定めに合いません。",
			"The reader authentication certificate breaks the profile in ISO/IEC 18013-5 Annex B.",
		},
		Text{
			"詳細に示す点を直した証明書を、発行元から受け取ります。スマートフォンは多くの場合これを拒みます。",
			"Have its issuer make one without the fault that the detail names. Phones would refuse this one.",
		},
	},
	{
		fault.ReaderCertificateEnding, worksAsk, CallTechnician,
		Text{
			"リーダー認証の証明書の期限が近づいています。",
			"The reader authentication certificate expires soon.",
		},
		Text{
			"期限が来る前に新しい証明書を入手し、設定のreader_key.certificateに置き換えます。",
			"Obtain a new certificate before that day and put it in place of reader_key.certificate.",
		},
	},
	{
		fault.AnchorEnding, worksAsk, CallTechnician,
		Text{
			"信頼する発行者の証明書の期限が近づいています。",
			"The certificate of a trusted issuer expires soon.",
		},
		Text{
			"発行者の新しい証明書を入手し、設定のtrust.anchorsに加えます。",
			"Obtain the issuer's new certificate and add it to trust.anchors.",
		},
	},
	{
		fault.SocketMode, worksAsk, CallTechnician,
		Text{
			"ソケットの権限が設定と違うか、誰でも接続できるようになっています。",
			"The permissions of the socket are not those of the configuration, or let everybody connect.",
		},
		Text{
			"設定のsocket.modeとsocket.group(kazashid.socketがあればそのSocketModeとSocketGroup)を確認し、デーモンを再起動します。",
			"Look at socket.mode and socket.group of the configuration, or SocketMode and SocketGroup of kazashid.socket, and restart the daemon.",
		},
	},
	{
		fault.ReaderKeyExposed, worksAsk, CallTechnician,
		Text{
			"リーダー認証の秘密鍵を、デーモン以外のユーザーも読めます。",
			"Others than the daemon can read the private key of reader authentication.",
		},
		Text{
			"鍵のファイルをユーザーkazashiの所有、モード0400にします。読まれた疑いがあれば、鍵と証明書を作り直します。",
			"Give the key's file to the user kazashi with mode 0400. If somebody may have read it, replace key and certificate.",
		},
	},
	{
		fault.SpecimenInService, worksAsk, CallTechnician,
		Text{
			"設定のソケットで、見本モード(SPECIMEN)のデーモンが動いています。本物の証明書は受け付けません。",
			"A daemon in specimen mode serves the socket of the configuration. It accepts no real document.",
		},
		Text{
			"見本モードのデーモンを止めて、kazashid.serviceを起動します。",
			"Stop the daemon in specimen mode and start kazashid.service.",
		},
	},
}
