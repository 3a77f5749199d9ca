package message

import "kazashi/session/fault"

// suspectIssuer is the remedy where the issuer's certificate breaks its profile:
// either it is no issuer's, or the issuer has to be told.
var suspectIssuer = Text{
	"発行を断ります。正規の発行者の証明書なら、ログを添えて発行者へ知らせます。",
	"Refuse the document. If the certificate is a real issuer's, tell the issuer and send the log along.",
}

var trust = []Entry{
	{
		fault.NoAnchor, outOfService, CallTechnician,
		Text{
			"この種類の文書(docType)について、信頼する発行者が登録されていません。",
			"No trusted issuer is installed for this docType.",
		},
		Text{
			"発行者の証明書(IACA)を入手して確かめ、設定のtrust.anchorsに登録します。",
			"Obtain the issuer's certificate (IACA), check it, and name it under trust.anchors in the configuration.",
		},
	},
	{
		fault.UnknownIssuer, documentRefused, Never,
		Text{
			"登録された発行者の中に、この文書の発行者がいません。",
			"The document's issuer is none of the trusted ones.",
		},
		Text{
			"見知らぬ発行者です。正規の発行者だと確かめられた場合だけ、設定のtrust.anchorsに加えます。",
			"Refuse it. Add the issuer under trust.anchors only when it is proven to be genuine.",
		},
	},
	{
		fault.CertificateExpired, documentRefused, Never,
		Text{
			"発行者側の証明書の有効期間が過ぎています。",
			"A certificate of the issuer has expired.",
		},
		Text{
			"端末の時計を確認します。時計が正しければ、発行者の新しい証明書(IACA)がないか調べます。" +
				"期限切れが文書の署名用証明書なら、お客様にウォレットで文書を更新してもらいます。",
			"Check the terminal's clock. If it is right, look for a newer certificate (IACA) of the issuer. " +
				"If it is the document signer that has expired, the customer has to renew the document in the wallet.",
		},
	},
	{
		fault.CertificateNotYetValid, documentRefused, Later,
		Text{
			"発行者側の証明書の有効期間が始まっていません。",
			"A certificate of the issuer is not valid yet.",
		},
		Text{
			"多くは端末の時計の遅れです。時刻の同期を確認します。",
			"Most often the terminal's clock is behind. Check its time synchronisation.",
		},
	},
	{
		fault.CertificateMalformed, documentRefused, Never,
		Text{
			"発行者側の証明書を、X.509として読み取れません。",
			"A certificate of the issuer cannot be parsed as X.509.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateProfile, documentRefused, Never,
		Text{
			"IACAの鍵の種類が、ISO/IEC 18013-5 附属書Bで認められたものではありません。",
			"The key of an IACA is of no kind that ISO/IEC 18013-5 Annex B gives it.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateEKU, documentRefused, Never,
		Text{
			"署名用証明書に、署名したものに必要な用途(extKeyUsage)がありません。",
			"A signer's certificate has none of the extended key usages accepted for what it signed.",
		},
		Text{
			"発行を断ります。正規の発行者なら、その用途を設定のtrust.signer_usagesに加えるか検討します。",
			"Refuse the document. If the issuer is real, consider adding its usage to trust.signer_usages for that docType.",
		},
	},
	{
		fault.CertificateCountry, documentRefused, Never,
		Text{
			"署名用証明書とIACAの国名が異なります。",
			"The country in the signer's certificate differs from the one in the IACA.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateRevoked, documentRefused, Never,
		Text{
			"署名用証明書が失効しています。",
			"The signer's certificate has been revoked.",
		},
		Text{
			"発行を断り、お客様には発行者への問い合わせを案内します。",
			"Refuse the document and refer the customer to its issuer.",
		},
	},
	{
		fault.CertificateCriticalExtension, documentRefused, Never,
		Text{
			"発行者側の証明書に、この端末の知らない必須の拡張(critical)があります。",
			"A certificate of the issuer has a critical extension that this terminal does not know.",
		},
		Text{
			"kazashidを新しい版にします。直らなければ、拡張のOIDを開発元へ知らせます。",
			"Update kazashid. If that does not help, report the extension's OID.",
		},
	},
	{
		fault.CertificateSignature, documentRefused, Never,
		Text{
			"署名用証明書が、登録されたIACAの鍵で署名されていません。",
			"The signer's certificate is not signed by the key of the trusted IACA.",
		},
		suspectForgery,
	},
	{
		fault.SpecimenAnchor, documentRefused, Never,
		Text{
			"見本(SPECIMEN)の発行者の文書です。本番の動作では受け付けません。",
			"The document comes from a specimen issuer, which counts only in specimen mode.",
		},
		Text{
			"試験用のスマートフォンなら、kazashid --specimenで動かした端末で使います。",
			"For a test phone, use a terminal that was started with kazashid --specimen.",
		},
	},
	{
		fault.TrustFileInvalid, outOfService, CallTechnician,
		Text{
			"信頼する発行者または失効情報のファイルを読み込めません。",
			"A file with trusted issuers or revocations cannot be read.",
		},
		Text{
			"kazashi trust checkで調べます。ファイルが正しい種類で、ユーザーkazashiから読めるか確認します。",
			"Run kazashi trust check. The file must be what its place says, and the user kazashi must be able to read it.",
		},
	},
	{
		fault.TrustRollback, outOfService, CallTechnician,
		Text{
			"登録済みのものより古いVICAL、CRLまたはステータスリストです。",
			"A VICAL, CRL or status list is older than the one that is installed.",
		},
		Text{
			"古いファイルは使われず、登録済みのものが残ります。取得元が古いものを配っていないか確認します。",
			"The installed one stays in force. Find out why the source hands out an older one.",
		},
	},
	{
		fault.TrustStale, outOfService, CallTechnician,
		Text{
			"VICAL、CRLまたはステータスリストの期限が過ぎています。",
			"A VICAL, CRL or status list is past the date of its next update.",
		},
		Text{
			"新しいものを取得し、kazashi trust importで登録します。端末の時計も確認します。",
			"Fetch the current one and install it with kazashi trust import. Check the clock, too.",
		},
	},
	{
		fault.TrustSignature, outOfService, CallTechnician,
		Text{
			"VICAL、CRLまたはステータスリストの署名が、信頼する発行元のものではありません。",
			"A VICAL, CRL or status list is not signed by an authority that is trusted for it.",
		},
		Text{
			"使わずに、取得元を確認します。VICALなら、設定のtrust.vical_rootsも確認します。",
			"Do not use it; check where it came from. For a VICAL, check trust.vical_roots in the configuration.",
		},
	},
	{
		fault.TrustUnwritable, outOfService, CallTechnician,
		Text{
			"VICAL、CRL、ステータスリストの置き場所(trust.dir)に書き込めません。",
			"The directory for VICALs, CRLs and status lists (trust.dir) cannot be written.",
		},
		Text{
			"rootで実行しているか、ディスクに空きがあるか確認します。登録済みのものは元のままです。",
			"Run the import as root and check that the disk has room. What was installed is as it was.",
		},
	},
}
