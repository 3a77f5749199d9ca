package message

import "kazashi/session/fault"

// fixClient is the remedy where the program that uses the socket is at fault.
var fixClient = Text{
	"キオスク側のプログラムの不具合です。transport/api/openapi.yamlに合わせて直します。",
	"The kiosk's program is at fault; bring it in line with transport/api/openapi.yaml.",
}

var presentationsAndSocket = []Entry{
	{
		fault.PresentationNotFound, startAgain, TapAgain,
		Text{
			"指定された番号の受付がありません。終わってから時間がたったか、デーモンが再起動しました。",
			"There is no presentation of that id: it ended a while ago, or the daemon was restarted.",
		},
		fixClientOrRestart,
	},
	{
		fault.PresentationActive, busy, Later,
		Text{
			"このリーダーでは、別の受付がまだ続いています。",
			"Another presentation is still active on this reader.",
		},
		Text{
			"続いている受付が終わるのを待つか、取り消します。番号は応答にあります。",
			"Wait for the current presentation, which the answer names, or cancel it.",
		},
	},
	{
		fault.PresentationExpired, Text{
			"時間が過ぎました。お手数ですが、最初からもう一度お手続きをお願いします。",
			"The time is up. Please start again from the beginning.",
		}, TapAgain,
		Text{
			"制限時間内に読み取り、または受け取りが終わりませんでした。",
			"The presentation's time ran out before it was read or claimed.",
		},
		Text{
			"時間が短すぎる場合は、設定のpresentationにあるdefault_timeout、ready、leaseを延ばします。",
			"If the time is too short, raise default_timeout, ready or lease under presentation in the configuration.",
		},
	},
	{
		fault.PresentationCancelled, Text{
			"お手続きを取り消しました。",
			"The procedure was cancelled.",
		}, Never,
		Text{
			"受付が取り消されました。",
			"The presentation was cancelled.",
		},
		Text{
			"お客様またはキオスク側の操作です。対応は不要です。",
			"The customer or the kiosk did this. Nothing needs to be done.",
		},
	},
	{
		fault.NotVerified, waitAndTap, Later,
		Text{
			"読み取りと検証が終わる前に、結果を受け取ろうとしました。",
			"A claim came before the presentation was verified.",
		},
		fixClient,
	},
	{
		fault.AlreadyClaimed, inHand, Never,
		Text{
			"この受付の結果は、すでに別の要求が受け取りました。",
			"The result of this presentation was already claimed by another claim.",
		},
		Text{
			"結果は一度しか渡しません。印刷も再受付もせず、二重に動くキオスクのプログラムがないか調べます。",
			"A result is handed over once. Print nothing, arm nothing, and look for a second copy of the kiosk's program.",
		},
	},
	{
		fault.ClaimGone, inHand, Never,
		Text{
			"この受付は終わっており、結果は消去されました。",
			"The presentation has ended and its result has been wiped.",
		},
		Text{
			"応答のcurrentに終わり方があり、retryはそれに従います。印刷が遅い場合は、設定のpresentation.leaseを延ばします。",
			"The answer's current tells how it ended, and its retry is that of the end. If printing is slow, raise presentation.lease in the configuration.",
		},
	},
	{
		fault.ClaimUnknown, inHand, Never,
		Text{
			"完了の通知にあるclaim_idが、受け取ったときのものと違います。",
			"The claim_id of the acknowledgement is not the one that claimed the result.",
		},
		fixClient,
	},
	{
		fault.IdempotencyConflict, outOfService, CallTechnician,
		Text{
			"同じIdempotency-Keyで、内容の異なる要求が送られました。",
			"The same Idempotency-Key was used for a different request.",
		},
		fixClient,
	},
	{
		fault.MalformedRequest, outOfService, CallTechnician,
		Text{
			"ソケットへの要求の形が正しくありません。",
			"A request on the socket is malformed.",
		},
		fixClient,
	},
	{
		fault.RequestTooLarge, outOfService, CallTechnician,
		Text{
			"ソケットへの要求が、上限の大きさを超えました。",
			"A request on the socket exceeds the size limit.",
		},
		fixClient,
	},
	{
		fault.Forbidden, outOfService, CallTechnician,
		Text{
			"接続したユーザーに、その操作の権限がありません。",
			"The connected user does not have the role for this operation.",
		},
		Text{
			"設定のaccessで、必要な役割にユーザーかグループを加えます。rootは発行者(issuer)になりません。",
			"Add the user or a group to the role under access in the configuration. Root is no issuer.",
		},
	},
	{
		fault.ForeignOrigin, outOfService, CallTechnician,
		Text{
			"Originまたは別のHostを持つ要求です。ブラウザーからの利用は受け付けません。",
			"The request has an Origin or a foreign Host; browsers are not served here.",
		},
		Text{
			"ブラウザーの画面からは、キオスク側のプログラムを通して使います。",
			"Let the kiosk's own program stand between a browser and this socket.",
		},
	},
	{
		fault.RouteNotFound, outOfService, CallTechnician,
		Text{
			"そのような操作(パス)はありません。",
			"There is no such route on the socket.",
		},
		fixClient,
	},
	{
		fault.MethodNotAllowed, outOfService, CallTechnician,
		Text{
			"そのパスでは、このHTTPメソッドを使えません。",
			"The route does not take this HTTP method.",
		},
		fixClient,
	},
	{
		fault.UnsupportedMediaType, outOfService, CallTechnician,
		Text{
			"要求の本文がapplication/jsonではありません。",
			"The body of the request is not application/json.",
		},
		fixClient,
	},
	{
		fault.TooManyRequests, busy, Later,
		Text{
			"1つの利用者からの要求が多すぎます。",
			"One caller sends too many requests.",
		},
		Text{
			"状態の確認には、waitを付けた長い問い合わせか、イベントの購読を使います。",
			"Follow a presentation by a long poll with wait, or by the event stream.",
		},
	},
	{
		fault.ProfileNotFound, outOfService, CallTechnician,
		Text{
			"指定された名前のプロファイルがありません。",
			"There is no profile of that name.",
		},
		Text{
			"kazashid --check-configで、読み込まれるプロファイルの名前を確認します。",
			"kazashid --check-config lists the profiles that are loaded.",
		},
	},
	{
		fault.ShuttingDown, Text{
			"ただいま再起動しています。しばらくしてから、もう一度お試しください。",
			"The terminal is restarting. Please try again in a little while.",
		}, Later,
		Text{
			"デーモンが終了処理をしています。",
			"The daemon is shutting down.",
		},
		Text{
			"再起動を待ちます。戻らない場合は systemctl status kazashid.service を確認します。",
			"Wait for the restart. If it does not come back, see systemctl status kazashid.service.",
		},
	},
	{
		fault.SocketUnavailable, outOfService, CallTechnician,
		Text{
			"ソケットを開けないか、デーモンにつながりません。",
			"The socket cannot be opened, or no daemon answers on it.",
		},
		Text{
			"kazashi doctorで原因を調べます。デーモンが動いているか、設定のsocket.pathと権限が正しいかを確認します。",
			"kazashi doctor finds the cause. Check that the daemon runs, and the path and permissions under socket in the configuration.",
		},
	},
	{
		fault.TooManyConnections, busy, Later,
		Text{
			"ソケットへの接続の数が上限に達しました。",
			"The socket has as many connections as it takes.",
		},
		Text{
			"接続を閉じないプログラムがないか調べます。",
			"Look for a program that does not close its connections.",
		},
	},
	{
		fault.LostOnRestart, startAgain, TapAgain,
		Text{
			"受付が終わる前に、デーモンが止まって起動し直しました。結果は残っていません。",
			"The daemon stopped and started anew before the presentation had ended; no result is left.",
		},
		Text{
			"もう一度受け付けます。印刷が済んでいるかは、受付の番号(presentation_id)で確かめます。多発する場合はログで停止の原因を調べます。",
			"Arm again. Whether something was printed already, the presentation_id tells. If it happens often, the log tells why the daemon stopped.",
		},
	},
}

var fixClientOrRestart = Text{
	"もう一度受け付けます。多発する場合は、デーモンが再起動を繰り返していないか調べます。",
	"Arm again. If it happens often, see whether the daemon keeps restarting.",
}
