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
}
