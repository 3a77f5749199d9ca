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
	{
		fault.MetricsUnwritten, worksAsk, CallTechnician,
		Text{
			"node_exporter用のメトリクスのファイルを書けません。監視の値が古いままになります。受付は続きます。",
			"The metrics file for node_exporter cannot be written, so monitoring sees old values. Presentations go on.",
		},
		Text{
			"設定のmetrics.textfile.pathのディレクトリがあるか、デーモンが書けるか(ユニットのReadWritePaths)、空き容量を確認します。",
			"Check that the directory of metrics.textfile.path exists, that the unit may write there (ReadWritePaths), and free space.",
		},
	},
	{
		fault.ReportRefused, outOfService, CallTechnician,
		Text{
			"不具合報告に入るはずのファイルに、個人情報か秘密鍵と見られるものがありました。報告は書き出していません。",
			"A file for the bug report holds what looks like personal data or a private key. No report was written.",
		},
		Text{
			"示されたファイルの内容を端末の上で調べ、データを外に出さずに開発元へ知らせます。設定やログに手で書き込んだ値なら、消してからやり直します。",
			"Look at the named file on the terminal itself, and tell the makers without sending the data. If somebody wrote the value into configuration or log by hand, remove it and try again.",
		},
	},
	{
		fault.ReportUnwritable, outOfService, CallTechnician,
		Text{
			"不具合報告のファイルを書けません。",
			"The file of the bug report cannot be written.",
		},
		Text{
			"-oで別の場所を指定するか、ディレクトリの権限と空き容量を確認します。すでにあるファイルは上書きしません。",
			"Name another place with -o, or check permissions and free space of the directory. A file that exists is not overwritten.",
		},
	},
	{
		fault.PartHangs, outOfService, CallTechnician,
		Text{
			"kazashidの一部が止まったままです。systemdがkazashidを再起動します。",
			"A part of kazashid hangs. systemd starts kazashid anew.",
		},
		Text{
			"ログのpartとstackを添えて開発元へ知らせます。partがreader serviceの場合はpcscdの状態を確認し、再起動します。",
			"Report part and stack of the log line. If the part is the reader service, look at pcscd and restart it.",
		},
	},
	{
		fault.MemoryUnlocked, worksAsk, CallTechnician,
		Text{
			"kazashidのメモリーをスワップから守れません。個人情報がディスクに書き出される恐れがあります。",
			"The memory of kazashid cannot be kept out of swap, so personal data could reach a disk.",
		},
		Text{
			"ユニットにLimitMEMLOCK=infinityを設定するか、端末のスワップを無効にします。",
			"Set LimitMEMLOCK=infinity in the unit, or turn swap off on the terminal.",
		},
	},
	{
		fault.LogDropped, worksAsk, CallTechnician,
		Text{
			"ログの読み手が止まっているため、ログの一部を捨てました。受付は続きます。",
			"Whoever reads the log does not, so lines of it were dropped. Presentations go on.",
		},
		Text{
			"systemd-journaldの状態とディスクの空き容量を確認します。読まれ始めれば自動で戻ります。",
			"Look at systemd-journald and at free space. It recovers by itself when the log is read again.",
		},
	},
	{
		fault.NobodyUser, outOfService, CallTechnician,
		Text{
			"起動したユーザーの番号が65534(nobody)です。この番号は誰のものとも決まらないため、見本モードの持ち主になれません。",
			"It was started as user 65534 (nobody). That number stands for anybody, so it cannot own a sandbox.",
		},
		Text{
			"別のユーザーで起動します。コンテナーでは、番号が割り当てられたユーザーを指定します。",
			"Start it as another user; in a container, as one whose number is mapped.",
		},
	},
	{
		fault.UnitMissing, worksAsk, CallTechnician,
		Text{
			"systemdのユニット(kazashid.service)が導入されていないか、有効になっていません。",
			"The unit kazashid.service is not installed or not enabled.",
		},
		Text{
			"パッケージを導入し直し、systemctl enable --now kazashid.service を行います。",
			"Install the package again and run systemctl enable --now kazashid.service.",
		},
	},
	{
		fault.UnitWeakened, worksAsk, CallTechnician,
		Text{
			"kazashid.serviceの保護の設定が、付属のものより弱められています。",
			"The protection of kazashid.service is weaker than as it was shipped.",
		},
		Text{
			"systemctl cat kazashid.service で追加設定(drop-in)を確認し、不要なものを除きます。",
			"Look at the drop-ins in systemctl cat kazashid.service and take out what is not needed.",
		},
	},
	{
		fault.DiskLow, worksAsk, CallTechnician,
		Text{
			"台帳(ledger)を置く場所の空き容量が足りなくなっています。",
			"Little space is left where the ledger is kept.",
		},
		Text{
			"古いログなど不要なファイルを除きます。",
			"Remove what is not needed, such as old logs.",
		},
	},
	{
		fault.ClockFree, worksAsk, CallTechnician,
		Text{
			"端末の時計が、時刻サーバーなどと同期していません。",
			"Nothing keeps the terminal's clock right: it is not synchronised.",
		},
		Text{
			"時刻同期のサービス(systemd-timesyncdやchrony)を有効にし、timedatectlで確認します。",
			"Enable a time service such as systemd-timesyncd or chrony, and look at timedatectl.",
		},
	},
	{
		fault.DaemonHung, outOfService, CallTechnician,
		Text{
			"デーモン(kazashid)のソケットは開いていますが、応答がありません。",
			"The socket of kazashid is open, but nothing answers on it.",
		},
		Text{
			"デーモンのログを控えてから再起動します。",
			"Keep the log of the daemon, then restart it.",
		},
	},
	{
		fault.CheckLate, worksAsk, CallTechnician,
		Text{
			"kazashi doctorの検査の一つが、時間内に終わりませんでした。",
			"A check of kazashi doctor did not end in time.",
		},
		Text{
			"もう一度行います。続く場合は、検査が読むファイルやサービスが止まっていないか確認します。",
			"Try again. If it goes on, look at whether the file or service that the check reads is stuck.",
		},
	},
}
