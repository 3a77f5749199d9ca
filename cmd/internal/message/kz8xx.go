package message

import "kazashi/session/fault"

var machine = []Entry{
	{
		fault.ClockUntrusted, outOfService, CallTechnician,
		Text{
			"端末の時計を信頼できません。有効期限の検査ができないため、受付を止めています。",
			"The terminal's clock cannot be trusted, so validity cannot be checked and nothing is accepted.",
		},
		Text{
			"timedatectlで日時と同期の状態を確認し、時計を合わせます。",
			"Look at date and synchronisation with timedatectl, and set the clock right.",
		},
	},
	{
		fault.LedgerDegraded, worksAsk, CallTechnician,
		Text{
			"台帳(ledger)に書き込めません。受付は続きますが、再起動の後に受付の結末が分からなくなります。",
			"The ledger cannot be written. Presentations go on, but after a restart it will not be known how they ended.",
		},
		Text{
			"設定のledger.pathの場所の空き容量、権限、読み取り専用になっていないかを確認します。書けるようになれば自動で戻ります。",
			"Check free space, permissions and a read-only mount at ledger.path of the configuration. It recovers by itself.",
		},
	},
	{
		fault.LedgerDamaged, worksAsk, CallTechnician,
		Text{
			"起動時に読んだ台帳(ledger)に、壊れた行がありました。読めた行だけを使っています。",
			"The ledger that was read at start had damaged lines; the lines that could be read are used.",
		},
		Text{
			"続く場合は記憶装置の故障を疑います。次の起動で消えます。",
			"If it happens again, suspect the storage device. It goes away with the next start.",
		},
	},
}
