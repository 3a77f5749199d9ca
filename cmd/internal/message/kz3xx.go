package message

import "kazashi/session/fault"

// tellIssuer is the remedy where what was signed is wrong, however well it is signed.
var tellIssuer = Text{
	"発行者の誤りです。docTypeと項目名を控え、運用者を通じて発行者へ知らせます。かざし直しても変わりません。",
	"The issuer is at fault. Note docType and element for the operator to report; another tap changes nothing.",
}

var sessionAndAnswer = []Entry{
	{
		fault.SessionDecryption, tapAgain, TapAgain,
		Text{
			"スマートフォンからのデータを復号できません。改ざん、またはカウンターの不一致です。",
			"Data from the phone cannot be decrypted: it was altered, or the counters differ.",
		},
		Text{
			"続く場合は、リーダーとスマートフォンの間に別の機器がないか確認します。",
			"If it goes on, make sure that no other device sits between reader and phone.",
		},
	},
	{
		fault.MalformedSessionData, tapAgain, TapAgain,
		Text{
			"SessionDataを解釈できません。",
			"The SessionData structure cannot be decoded.",
		},
		noteModel,
	},
	{
		fault.SessionEncryptionStatus, tapAgain, TapAgain,
		Text{
			"スマートフォンが、暗号の誤り(ステータス10)を報告しました。",
			"The phone reported a session encryption error (status 10).",
		},
		noteModel,
	},
	{
		fault.SessionDecodingStatus, tapAgain, TapAgain,
		Text{
			"スマートフォンが、CBORの解釈の誤り(ステータス11)を報告しました。",
			"The phone reported a CBOR decoding error (status 11).",
		},
		noteModel,
	},
	{
		fault.SessionTerminated, consent, TapAgain,
		Text{
			"スマートフォンが、データを渡さずに通信を終えました(ステータス20)。提供を断った場合もこうなります。",
			"The phone ended the session without data (status 20), as it does when the holder declines.",
		},
		Text{
			"お客様が提供を断っていないか確かめます。断っていなければ、もう一度かざしてもらいます。",
			"Ask whether the customer declined. If not, have the phone held over again.",
		},
	},
	{
		fault.CounterExhausted, startAgain, TapAgain,
		Text{
			"1回の通信で暗号化できるメッセージ数の上限に達しました。",
			"The message counter of the session encryption reached its end.",
		},
		noteModel,
	},
	{
		fault.MalformedResponse, tapAgain, TapAgain,
		Text{
			"DeviceResponseを解釈できません。",
			"The DeviceResponse structure cannot be decoded.",
		},
		noteModel,
	},
	{
		fault.UnsupportedResponseVersion, phoneUnsupported, Never,
		Text{
			"DeviceResponseの版に対応していません。",
			"The DeviceResponse has a version that is not supported.",
		},
		Text{
			"kazashidを新しい版にします。",
			"Update kazashid to a newer version.",
		},
	},
	{
		fault.ResponseStatus, tapAgain, TapAgain,
		Text{
			"スマートフォンが、要求を処理できないと回答しました(DeviceResponseのstatusが0以外)。",
			"The phone answered that it could not process the request: the DeviceResponse status is not 0.",
		},
		noteModel,
	},
	{
		fault.DocumentMissing, documentMissing, Never,
		Text{
			"求めたdocTypeの文書が、応答に含まれていません。",
			"The answer holds no document of the docType that was asked for.",
		},
		Text{
			"その証明書がスマートフォンに追加されているか確認してもらいます。",
			"Have the customer check that this document has been added to the phone.",
		},
	},
	{
		fault.DocumentUnexpected, documentRefused, Never,
		Text{
			"求めていない文書が、応答に含まれています。",
			"The answer holds a document that was not asked for.",
		},
		noteModel,
	},
	{
		fault.Incomplete, Text{
			"必要な項目がそろいませんでした。すべての項目の提供に同意してください。",
			"Some required items were not shared. Please try again and agree to share all of them.",
		}, TapAgain,
		Text{
			"求めた項目の一部が、応答に含まれていません。",
			"Some of the elements that were asked for are missing from the answer.",
		},
		Text{
			"欠けた項目名はログにあります。お客様が外したか、証明書にその項目がありません。",
			"The log names the missing elements: the holder deselected them, or the document lacks them.",
		},
	},
	{
		fault.UnknownSessionStatus, tapAgain, TapAgain,
		Text{
			"SessionDataのステータスが、規格にない値です。",
			"The status in SessionData is none that the standard defines.",
		},
		noteModel,
	},
	{
		fault.UnaskedElements, readInOrder, Never,
		Text{
			"スマートフォンが、求めていない項目も送ってきました。その値は捨てられました。",
			"The phone sent elements that were not asked for as well; their values were dropped.",
		},
		Text{
			"発行を妨げません。続く場合は、ウォレットアプリの版を控えて開発元へ知らせます。",
			"The result stands. If it goes on, note the wallet's version and report it.",
		},
	},
	{
		fault.ResponseTooLarge, documentRefused, Never,
		Text{
			"応答が大きすぎます。1 MiBか構造の上限、またはJSONで4 MiBを超えます。",
			"The answer is too large: over 1 MiB or a limit of its structure, or 4 MiB of JSON.",
		},
		noteModel,
	},
	{
		fault.AgeByOtherAttestation, readInOrder, Never,
		Text{
			"求めた年齢の項目の代わりに、それを決める別の年齢の項目が返りました。",
			"Instead of the age that was asked for, the phone returned another one that settles it.",
		},
		Text{
			"発行を妨げません。結果は、求めた項目の名で渡されています。",
			"The result stands: it is handed out under the name that was asked for.",
		},
	},
	{
		fault.DocumentTwice, Text{
			"同じ種類の証明書が複数あります。1つだけを選び、もう一度かざしてください。",
			"Your phone shared several documents of one kind. Please choose one, then hold it over again.",
		}, TapAgain,
		Text{
			"求めたdocTypeの文書が複数返りました。誰の証明書で手続きするのかを決められません。",
			"The answer holds several documents of the docType that was asked for; which one to use cannot be told.",
		},
		Text{
			"ウォレットで証明書を1つだけ選んでもらいます。選べないアプリは、機種とともに開発元へ知らせます。",
			"Have the customer choose one document in the wallet. If it offers no choice, report the phone's model.",
		},
	},
	{
		fault.ElementMalformed, documentRefused, Never,
		Text{
			"発行者が署名した項目の値が、規格の定める型または形ではありません。",
			"The value of an element that the issuer signed does not have the type or form that the standard gives it.",
		},
		tellIssuer,
	},
	{
		fault.AgesContradict, documentRefused, Never,
		Text{
			"証明書の年齢の項目(age_over_NN)が、互いに矛盾しています。",
			"The age elements of the document (age_over_NN) contradict each other.",
		},
		tellIssuer,
	},
}
