package message

import "kazashi/session/fault"

// works goes with what passes by itself, behind the terminal's back.
var works = Text{
	"このままご利用いただけます。",
	"You can go on.",
}

// fetching is about what brings lists over a network, which is never the daemon.
var fetching = []Entry{
	{
		fault.FetchUnreachable, works, Later,
		Text{
			"失効情報などの取得元に接続できません。",
			"The place that a list is fetched from cannot be reached.",
		},
		Text{
			"ネットワーク、名前解決、プロキシ(/etc/default/kazashi-trust-update)を確認します。次の回に自動で再試行されます。",
			"Check network, name resolution and proxy (/etc/default/kazashi-trust-update). The next update tries again.",
		},
	},
	{
		fault.FetchTLS, worksAsk, CallTechnician,
		Text{
			"取得元とのTLS接続が成立しません。証明書を信頼できないか、TLSのサーバーではありません。",
			"No TLS connection to the source of a list: its certificate is not trusted, or it speaks no TLS.",
		},
		Text{
			"端末の時計と、システムの認証局の一覧(ca-certificates)を確認します。通信を中継する装置がないかも調べます。",
			"Check the clock and the system's authorities (ca-certificates), and whether something on the way intercepts TLS.",
		},
	},
	{
		fault.FetchTimeout, works, Later,
		Text{
			"取得元の応答が時間内に終わりません。",
			"The source of a list did not answer, or did not finish, in time.",
		},
		Text{
			"次の回に自動で再試行されます。続く場合は、回線と設定のtrust.update.timeoutを確認します。",
			"The next update tries again. If it goes on, check the line, and trust.update.timeout in the configuration.",
		},
	},
	{
		fault.FetchTruncated, works, Later,
		Text{
			"取得の途中で接続が切れ、リストが最後まで届きません。",
			"The connection ended before the whole list had come.",
		},
		Text{
			"登録済みのものが残り、次の回に自動で再試行されます。続く場合は、回線とプロキシを確認します。",
			"What was installed stays, and the next update tries again. If it goes on, check line and proxy.",
		},
	},
	{
		fault.FetchTooLarge, worksAsk, CallTechnician,
		Text{
			"取得元が、許された大きさを超えるリストを送ってきました。",
			"The source hands out a list over the size that is allowed.",
		},
		Text{
			"取得元のURLを確認します。正しいリストなら、設定のtrust.update.max_bytesを増やします。",
			"Check the source's URL. If the list is right, raise trust.update.max_bytes in the configuration.",
		},
	},
	{
		fault.FetchRefused, worksAsk, CallTechnician,
		Text{
			"取得元が、リストを渡さないと答えました(HTTPの4xxなど)。",
			"The source answered that it does not hand the list out (HTTP 4xx, or another answer than a list).",
		},
		Text{
			"設定のtrust.update.sourcesのURLと、取得元の案内を確認します。",
			"Check the URL under trust.update.sources, and what the source says of it.",
		},
	},
	{
		fault.FetchServerError, works, Later,
		Text{
			"取得元のサーバーが、今は応じられないと答えました(HTTPの5xx、429など)。",
			"The source answered that it cannot serve now (HTTP 5xx, 429 and the like).",
		},
		Text{
			"次の回に自動で再試行されます。長く続く場合は、取得元に知らせます。",
			"The next update tries again. If it lasts, tell the source.",
		},
	},
	{
		fault.FetchRedirect, worksAsk, CallTechnician,
		Text{
			"取得元が、httpsでない場所へ、または何度も転送しました。",
			"The source redirects to a place that is not https, or too often.",
		},
		Text{
			"転送先を確かめ、正しければ、そのhttpsのURLを設定のtrust.update.sourcesに書きます。",
			"Find out where it leads; if that is right, put its https URL under trust.update.sources.",
		},
	},
	{
		fault.FetchKind, worksAsk, CallTechnician,
		Text{
			"取得元のリストが、設定に書かれた種類(vical、crl、status)と違います。",
			"The source holds a list of another kind (vical, crl, status) than the configuration says.",
		},
		Text{
			"設定のtrust.update.sourcesのkindとurlを確認します。リストは登録されていません。",
			"Check kind and url under trust.update.sources. The list was not installed.",
		},
	},
}
