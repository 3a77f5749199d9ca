package message

import "kazashi/session/fault"

// suspectForgery is the remedy where the document itself does not hold: a genuine
// one never fails like this.
var suspectForgery = Text{
	"正規の証明書では起こりません。偽造または不具合を疑い、発行を断ってログを保管します。",
	"A genuine document does not fail like this. Suspect a forgery or a defect, refuse the issue and keep the log.",
}

// suspectPhone is the remedy where the phone could not show that it is the one
// that the document was issued to.
var suspectPhone = Text{
	"証明書が別の端末へ写された疑いがあります。もう一度だけ試し、続けば発行を断ってログを保管します。",
	"The document may have been copied to another device. Try once more; if it fails again, refuse and keep the log.",
}

var issuerAndDevice = []Entry{
	{
		fault.X5ChainMissing, documentRefused, Never,
		Text{
			"発行者署名に、証明書(x5chain)が付いていません。",
			"The issuer's signature carries no certificate (x5chain).",
		},
		suspectForgery,
	},
	{
		fault.X5ChainMalformed, documentRefused, Never,
		Text{
			"発行者署名のx5chainの形が、RFC 9360に合いません。",
			"The x5chain of the issuer's signature is not formed as RFC 9360 says.",
		},
		suspectForgery,
	},
	{
		fault.MalformedIssuerAuth, documentRefused, Never,
		Text{
			"IssuerAuthが、規格の求めるCOSE_Sign1ではありません。",
			"IssuerAuth is not the COSE_Sign1 that the standard asks for.",
		},
		suspectForgery,
	},
	{
		fault.AlgorithmNotAllowed, documentRefused, Never,
		Text{
			"署名アルゴリズムが許されていないか、鍵の曲線に合いません。",
			"The signature algorithm is not allowed, or does not fit the curve of the key.",
		},
		suspectForgery,
	},
	{
		fault.IssuerSignatureInvalid, documentRefused, Never,
		Text{
			"発行者の署名が正しくありません。",
			"The issuer's signature over the document is wrong.",
		},
		suspectForgery,
	},
	{
		fault.MalformedMSO, documentRefused, Never,
		Text{
			"Mobile Security Objectを解釈できません。",
			"The mobile security object cannot be decoded.",
		},
		suspectForgery,
	},
	{
		fault.MSOVersion, phoneUnsupported, Never,
		Text{
			"Mobile Security Objectの版に対応していません。",
			"The mobile security object has a version that is not supported.",
		},
		Text{
			"kazashidを、この版に対応したものへ更新します。",
			"Update kazashid to one that knows this version.",
		},
	},
	{
		fault.DigestAlgorithm, documentRefused, Never,
		Text{
			"Mobile Security Objectのダイジェスト方式が許されていません。",
			"The mobile security object names a digest algorithm that is not allowed.",
		},
		suspectForgery,
	},
	{
		fault.DigestMismatch, documentRefused, Never,
		Text{
			"項目のダイジェストが、署名された値と一致しません。",
			"The digest of an element differs from the signed one.",
		},
		suspectForgery,
	},
	{
		fault.DigestNotCovered, documentRefused, Never,
		Text{
			"署名されたダイジェストの一覧にない項目があります。",
			"An element is not covered by the signed list of digests.",
		},
		suspectForgery,
	},
	{
		fault.DuplicateElement, documentRefused, Never,
		Text{
			"同じ項目が2回以上含まれています。",
			"The same element is in the document more than once.",
		},
		suspectForgery,
	},
	{
		fault.DuplicateDigestID, documentRefused, Never,
		Text{
			"同じdigestIDが2つ以上の項目に使われています。",
			"One digestID is used by more than one element.",
		},
		suspectForgery,
	},
	{
		fault.RandomTooShort, documentRefused, Never,
		Text{
			"項目のrandomが16バイトより短くなっています。",
			"The random of an element is shorter than 16 bytes.",
		},
		suspectForgery,
	},
	{
		fault.DocTypeMismatch, documentRefused, Never,
		Text{
			"文書のdocTypeと、署名されたdocTypeが異なります。",
			"The docType of the document differs from the signed one.",
		},
		suspectForgery,
	},
	{
		fault.NotYetValid, Text{
			"この証明書は、まだ有効期間が始まっていません。",
			"This document is not valid yet.",
		}, Later,
		Text{
			"文書の有効期間(validFrom)が始まっていません。",
			"The document's validity (validFrom) has not begun.",
		},
		Text{
			"端末の時計が合っているか確認します。合っていれば、有効になるまで使えません。",
			"Check the terminal's clock. If it is right, the document cannot be used until then.",
		},
	},
	{
		fault.Expired, documentExpired, Never,
		Text{
			"文書の有効期間(validUntil)が過ぎています。",
			"The document's validity (validUntil) is over.",
		},
		Text{
			"端末の時計が合っているか確認します。合っていれば、スマートフォンで証明書を更新してもらいます。",
			"Check the terminal's clock. If it is right, the customer has to renew the document on the phone.",
		},
	},
	{
		fault.SignedOutsideDS, documentRefused, Never,
		Text{
			"署名の日時が、署名用証明書(DS)の有効期間の外です。",
			"The document was signed outside the validity of the document signer's certificate.",
		},
		suspectForgery,
	},
	{
		fault.ValidityMalformed, documentRefused, Never,
		Text{
			"文書の有効期間の書き方が誤っているか、前後関係が矛盾しています。",
			"The document's validity information is malformed or contradicts itself.",
		},
		suspectForgery,
	},
	{
		fault.IssuingCountryMismatch, documentRefused, Never,
		Text{
			"文書の発行国と、発行者証明書の国が異なります。",
			"The document's issuing country differs from the country in the issuer's certificate.",
		},
		suspectForgery,
	},
	{
		fault.OutlivesSigner, readInOrder, Never,
		Text{
			"文書の有効期限が、署名用証明書(DS)の期限より後になっています。",
			"The document is valid for longer than the certificate of its document signer.",
		},
		Text{
			"発行を妨げません。発行者の運用の問題なので、続く場合は発行者へ知らせます。",
			"The result stands. It is the issuer's practice; tell the issuer if it goes on.",
		},
	},
	{
		fault.UpdateOverdue, readInOrder, Never,
		Text{
			"文書の更新予定日(expectedUpdate)を過ぎています。有効期限は過ぎていません。",
			"The document's expected update is overdue; it has not expired.",
		},
		Text{
			"発行を妨げません。スマートフォンをインターネットにつなぎ、証明書を更新するよう案内します。",
			"The result stands. Have the customer connect the phone to the Internet, so that the document is updated.",
		},
	},
	{
		fault.DeviceKeyInvalid, documentRefused, Never,
		Text{
			"署名された端末鍵が、使える公開鍵ではありません。",
			"The signed device key is no usable public key.",
		},
		suspectForgery,
	},
	{
		fault.KeyNotAuthorized, documentRefused, Never,
		Text{
			"端末鍵に許されていない項目に、端末が署名しています。",
			"The device signed elements that its key is not authorised for.",
		},
		suspectPhone,
	},
	{
		fault.DeviceAuthMalformed, documentRefused, Never,
		Text{
			"端末認証(deviceAuth)を解釈できません。",
			"The device authentication (deviceAuth) cannot be decoded.",
		},
		noteModel,
	},
	{
		fault.DeviceSignatureInvalid, documentRefused, Never,
		Text{
			"端末の署名が正しくありません。別の端末、または過去の通信の使い回しの疑いがあります。",
			"The device signature is wrong: another device, or an answer from another session.",
		},
		suspectPhone,
	},
	{
		fault.DeviceMACInvalid, documentRefused, Never,
		Text{
			"端末のMACが正しくありません。別の端末、または過去の通信の使い回しの疑いがあります。",
			"The device MAC is wrong: another device, or an answer from another session.",
		},
		suspectPhone,
	},
	{
		fault.DeviceMACImpossible, documentRefused, Never,
		Text{
			"端末鍵の曲線が読み取り側の鍵と異なり、MACを確かめられません。",
			"The device MAC cannot be checked: the device key's curve differs from the reader's.",
		},
		noteModel,
	},
	{
		fault.DeviceMACUncheckable, documentRefused, Never,
		Text{
			"端末のMACを確かめるリーダーの鍵がありません。",
			"The device MAC cannot be checked: the reader's key of that session was not given.",
		},
		Text{
			"kazashi verifyなら、その通信のEReaderKeyを--reader-keyで指定します。",
			"With kazashi verify, name the EReaderKey of that session with --reader-key.",
		},
	},
	{
		fault.DeviceMACNoEvidence, readInOrder, Never,
		Text{
			"端末がMACで認証したため、証拠になりません。MACは読み取り側も作れます。",
			"The phone authenticated by a MAC, which is no evidence: the reader could have made it, too.",
		},
		Text{
			"検証の結果は有効です。証拠が要る場合は、署名で認証する端末でしか得られません。",
			"The result stands. Evidence is to be had only from phones that authenticate by signature.",
		},
	},
	{
		fault.SignedInFuture, documentRefused, Later,
		Text{
			"文書の署名の時刻(signed)が、端末の時計より先です。",
			"The document was signed (validityInfo.signed) later than this terminal's clock says it is.",
		},
		Text{
			"端末の時計が合っているか確認します。合っていれば、発行を断ります。",
			"Check the terminal's clock. If it is right, refuse the document.",
		},
	},
	{
		fault.DocumentRevoked, Text{
			"この証明書は失効しているため、ご利用いただけません。",
			"This document has been revoked and cannot be used.",
		}, Never,
		Text{
			"失効リストに、この文書が載っています。",
			"The document is listed as revoked by its issuer.",
		},
		Text{
			"発行者の窓口に問い合わせるよう案内します。",
			"Refer the customer to the issuer's service desk.",
		},
	},
	{
		fault.RevocationUndetermined, busy, Later,
		Text{
			"文書が失効していないことを確かめられません。",
			"It could not be determined whether the document has been revoked.",
		},
		Text{
			"失効情報のファイルが新しいか確認します。",
			"Check that the files with revocation information are fresh.",
		},
	},
}
