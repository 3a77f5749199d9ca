package message

import "kazashi/session/fault"

// noteModel is the remedy where a phone departs from the standard: nobody at the
// kiosk can do more.
var noteModel = Text{
	"機種とウォレットアプリの版を控え、ログとともに開発元へ知らせます。",
	"Note the phone's model and its wallet's version, and report them together with the log.",
}

var engagementAndTransfer = []Entry{
	{
		fault.PhoneLocked, unlock, TapAgain,
		Text{
			"NDEFまたはmdocのアプリケーションが選択できません。ロック中か、ウォレットが開かれていません。プラスチックのカードもこう答えます。",
			"The NDEF or the mdoc application cannot be selected: the phone is locked, or its wallet is not open. Plastic cards answer so, too.",
		},
		Text{
			"スマートフォンであることを確かめ、ロックの解除とウォレットの起動を案内します。受付は続いているので、そのままかざし直せます。",
			"Make sure that it is a phone, unlocked and with its wallet open. The presentation stays armed for the next tap.",
		},
	},
	{
		fault.NotAPhone, Text{
			"証明書の入ったスマートフォンをかざしてください。",
			"Please hold the phone that has your document to the reader.",
		}, TapAgain,
		Text{
			"かざされたものは、ISO/IEC 18013-5のハンドオーバーを持つスマートフォンではありません。",
			"What was held over offers no handover of ISO/IEC 18013-5: not a phone with an mdoc.",
		},
		Text{
			"プラスチックのカードではなくスマートフォンを使うよう案内します。",
			"Ask for the phone instead of a plastic card.",
		},
	},
	{
		fault.MalformedTag, tapAgain, TapAgain,
		Text{
			"Type 4タグのCapability ContainerまたはNDEFファイルが規格に合いません。",
			"The capability container or the NDEF file of the Type 4 tag breaks its specification.",
		},
		noteModel,
	},
	{
		fault.MalformedNDEF, tapAgain, TapAgain,
		Text{
			"NDEFメッセージを解釈できません。",
			"An NDEF message cannot be decoded.",
		},
		noteModel,
	},
	{
		fault.MalformedHandover, tapAgain, TapAgain,
		Text{
			"Handover Selectの内容がISO/IEC 18013-5 8.2.2に合いません。",
			"The Handover Select message breaks ISO/IEC 18013-5 8.2.2.",
		},
		noteModel,
	},
	{
		fault.MalformedEngagement, tapAgain, TapAgain,
		Text{
			"DeviceEngagementを解釈できません。",
			"The DeviceEngagement structure cannot be decoded.",
		},
		noteModel,
	},
	{
		fault.UnsupportedCipherSuite, phoneUnsupported, Never,
		Text{
			"スマートフォンが、この端末の知らない暗号スイートを指定しました。",
			"The phone names a cipher suite that this terminal does not know.",
		},
		Text{
			"kazashidを新しい版にします。直らない場合は機種を控えて開発元へ知らせます。",
			"Update kazashid. If that does not help, report the phone's model.",
		},
	},
	{
		fault.InvalidDeviceKey, tapAgain, TapAgain,
		Text{
			"エンゲージメントで渡された公開鍵が、曲線上の正しい点ではありません。",
			"The public key in the engagement is not a valid point of its curve.",
		},
		noteModel,
	},
	{
		fault.NoCommonTransport, phoneUnsupported, Never,
		Text{
			"スマートフォンの示した通信方式に、この端末が持つものがないか、この端末の示したNFCに応じませんでした。",
			"The phone offers no way of data transfer that this terminal has, or did not take up the terminal's offer of NFC.",
		},
		Text{
			"提示された方式はログにあります。この端末はNFCによるデータ転送だけを行います。",
			"The log names what was offered. This terminal has data transfer over NFC only.",
		},
	},
	{
		fault.HandoverTimeout, tapAgain, TapAgain,
		Text{
			"ハンドオーバーの交渉を始められないまま、待ち時間が上限を超えました。",
			"The phone did not get ready to negotiate the handover within the time that it is waited for.",
		},
		Text{
			"スマートフォンの負荷が高いことがあります。ウォレットを開き直してもらいます。",
			"The phone may be overloaded. Have its wallet closed and opened again.",
		},
	},
	{
		fault.HandoverRefused, tapAgain, TapAgain,
		Text{
			"スマートフォンがハンドオーバーを断りました。",
			"The phone refused the handover.",
		},
		Text{
			"ウォレットの画面に表示された内容を確認してもらい、もう一度かざしてもらいます。",
			"Have the customer look at what the wallet shows, then hold the phone over again.",
		},
	},
	{
		fault.UnexpectedStatus, tapAgain, TapAgain,
		Text{
			"コマンドに対し、想定していないステータスワードが返りました。",
			"A command was answered with a status word that is not expected there.",
		},
		Text{
			"ログのステップ名とステータスワードを控えます。特定の機種だけなら開発元へ知らせます。",
			"The log has the step and the status word. If only one model does this, report it.",
		},
	},
	{
		fault.TransferStalled, tapAgain, TapAgain,
		Text{
			"応答が続いているのに、データが進みません。",
			"The phone keeps answering, but no data comes forward.",
		},
		noteModel,
	},
	{
		fault.MessageTooLarge, phoneUnsupported, Never,
		Text{
			"スマートフォンの送るメッセージが、端末の受け取れる大きさを超えました。",
			"A message from the phone is larger than the terminal accepts.",
		},
		Text{
			"異常な大きさのデータです。繰り返す場合は機種を控えて開発元へ知らせます。",
			"No genuine document is that large. If it comes back, report the phone's model.",
		},
	},
	{
		fault.MalformedTransfer, tapAgain, TapAgain,
		Text{
			"NFCデータ転送のデータオブジェクトが、ISO/IEC 18013-5 8.3.3.1.2に合いません。",
			"A data object of the NFC data transfer breaks ISO/IEC 18013-5 8.3.3.1.2.",
		},
		noteModel,
	},
	{
		fault.ConsentTimeout, consent, TapAgain,
		Text{
			"提供への同意が、制限時間内に得られませんでした。",
			"The holder did not agree to share the items before the deadline of the tap.",
		},
		Text{
			"スマートフォンの画面で操作するよう案内します。時間が足りない場合は設定のpresentationを見直します。",
			"Point the customer to the phone's screen. If time is short, raise the limits under presentation in the configuration.",
		},
	},
	{
		fault.Declined, consent, TapAgain,
		Text{
			"要求に対し、スマートフォンがデータを渡さずに断りました(6982、6985または6A82)。利用者が断ったか、途中でロックされました。",
			"The phone refused to answer the request (6982, 6985 or 6A82): its holder declined, or it locked itself in between.",
		},
		Text{
			"お客様が提供を断っていないか確かめます。断っていなければ、ロックを解除してもう一度かざしてもらいます。",
			"Ask whether the customer declined. If not, have the phone unlocked and held over again.",
		},
	},
}
