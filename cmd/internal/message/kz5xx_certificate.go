package message

import "kazashi/session/fault"

// renewCertificate is the remedy where a certificate breaks its profile in a way that
// only its issuer can mend.
var renewCertificate = Text{
	"発行を断ります。kazashi trust checkと発行者の告知で、新しい証明書がないか調べます。",
	"Refuse the document. Look for a newer certificate with kazashi trust check and in what the issuer announces.",
}

// certificates are the ways in which a certificate breaks its profile, each by itself.
var certificates = []Entry{
	{
		fault.CertificateAlgorithm, documentRefused, Never,
		Text{
			"署名用証明書の署名方式が、IACAの鍵の曲線に合いません。",
			"The signer's certificate is signed with an algorithm that does not fit the key of its IACA.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateCountryMissing, documentRefused, Never,
		Text{
			"発行者側の証明書に、国名(C)がありません。",
			"A certificate of the issuer names no country (C).",
		},
		suspectIssuer,
	},
	{
		fault.CertificateCountrySeveral, documentRefused, Never,
		Text{
			"発行者側の証明書に、国名(C)が2つ以上あります。",
			"A certificate of the issuer names more than one country (C).",
		},
		suspectIssuer,
	},
	{
		fault.CertificateState, documentRefused, Never,
		Text{
			"署名用証明書とIACAの州・県名(ST)が異なります。",
			"The state or province (ST) in the signer's certificate differs from the one in the IACA.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateVersion, documentRefused, Never,
		Text{
			"証明書がX.509のバージョン3ではありません。",
			"A certificate is not of X.509 version 3.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateNoCA, documentRefused, Never,
		Text{
			"発行者の証明書が、認証局(CA)のものではありません。",
			"The certificate that should issue others is not one of a CA (basicConstraints).",
		},
		suspectIssuer,
	},
	{
		fault.CertificatePathLength, documentRefused, Never,
		Text{
			"認証局の証明書のパス長(pathLenConstraint)が、附属書Bの定めに合いません。",
			"The path length (pathLenConstraint) of a CA's certificate does not allow, or allows more than, this chain.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateUsageMissing, documentRefused, Never,
		Text{
			"証明書に、必要な鍵の用途(keyUsage)がありません。",
			"A certificate lacks a key usage that its profile demands.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateUsageExcess, documentRefused, Never,
		Text{
			"証明書に、許されない鍵の用途(keyUsage)が加わっています。",
			"A certificate has a key usage beside those that its profile allows.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateIsCA, documentRefused, Never,
		Text{
			"署名用の証明書が、認証局(CA)のものです。",
			"A document or a list is signed with the certificate of a CA.",
		},
		suspectForgery,
	},
	{
		fault.CertificateExtension, documentRefused, Never,
		Text{
			"証明書に、附属書Bが禁じる拡張があります。",
			"A certificate has an extension that Annex B forbids.",
		},
		suspectIssuer,
	},
	{
		fault.CertificateEKUExcess, documentRefused, Never,
		Text{
			"証明書に、認められた用途のほかの用途(extKeyUsage)もあります。",
			"A certificate has an extended key usage beside the accepted ones.",
		},
		Text{
			"発行を断ります。正規の発行者なら、設定のtrust.signer_usagesで認める用途を確かめます。",
			"Refuse the document. If the issuer is real, check the usages under trust.signer_usages in the configuration.",
		},
	},
	{
		fault.CertificateTooLong, documentRefused, Never,
		Text{
			"証明書の有効期間が、附属書Bの上限より長くなっています。",
			"A certificate is valid for longer than Annex B allows.",
		},
		renewCertificate,
	},
	{
		fault.CertificateKeyIdentifier, documentRefused, Never,
		Text{
			"署名用証明書の指す鍵(AKI)が、IACAの鍵(SKI)と異なります。",
			"The authority key identifier of the signer's certificate is not that of its IACA.",
		},
		suspectIssuer,
	},
	{
		fault.TrustFromFuture, outOfService, CallTechnician,
		Text{
			"VICAL、CRLまたはステータスリストの日付が、端末の時計より先です。",
			"A VICAL, CRL or status list is dated later than this terminal's clock.",
		},
		Text{
			"端末の時計を確認します。合っていれば、取得元を確認します。",
			"Check the terminal's clock. If it is right, check where the list came from.",
		},
	},
	{
		fault.IssuingStateMismatch, readInOrder, Never,
		Text{
			"文書のissuing_jurisdictionが、署名用証明書の州・県名(ST)と異なります。",
			"The document's issuing_jurisdiction is not the state or province in the signer's certificate.",
		},
		Text{
			"発行を妨げません。どちらも発行者の署名付きです。続く場合は発行者へ知らせます。",
			"The result stands, for the issuer signed both. Tell the issuer if it goes on.",
		},
	},
	{
		fault.CertificateDeparture, readInOrder, Never,
		Text{
			"証明書に、附属書Bからの小さな逸脱があります(SECURITY.mdの表)。",
			"A certificate departs from Annex B in a way that is tolerated (see the table in SECURITY.md).",
		},
		Text{
			"発行を妨げません。続く場合は発行者へ知らせます。",
			"The result stands. It is the issuer's practice; tell the issuer if it goes on.",
		},
	},
	{
		fault.StatusListUnanchored, worksAsk, CallTechnician,
		Text{
			"ステータスリストの署名が、信頼する発行者(IACA)につながりません。",
			"A status list is signed by nobody whom a trusted issuer (IACA) stands behind.",
		},
		Text{
			"登録されません。文書が証明書を指定し、内容を確認できた場合だけ、trust import --unanchoredで登録します。",
			"It was not installed. Use trust import --unanchored only if documents name its signer and you know it.",
		},
	},
	{
		fault.StatusListsTooMany, worksAsk, CallTechnician,
		Text{
			"ステータスリストの数か、展開後の大きさの合計が、上限を超えます。",
			"There are more status lists than the terminal holds, by number or by size when inflated.",
		},
		Text{
			"先に有効だったものは残ります。trust.dirのstatusから、期限切れや不要なものを除きます。",
			"Those that counted before stay. Remove what expired or nobody needs from status under trust.dir.",
		},
	},
}
