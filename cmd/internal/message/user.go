package message

// What customers read. A fault that they can do nothing different about shares
// its text with the others of that kind.
var (
	tapAgain = Text{
		"うまく読み取れませんでした。スマートフォンをもう一度かざしてください。",
		"We could not read your phone. Please hold it to the reader again.",
	}
	holdStill = Text{
		"スマートフォンをもう一度かざし、画面に完了と出るまで離さないでください。",
		"Please hold your phone to the reader again, and keep it there until the screen says it is done.",
	}
	onlyOne = Text{
		"カードなどを外し、スマートフォン1台だけをもう一度かざしてください。",
		"Please remove any cards, and hold just one phone to the reader again.",
	}
	unlock = Text{
		"ロックを解除したスマートフォンをかざしてください。プラスチックのカードは使えません。",
		"Please hold your unlocked phone to the reader. Plastic cards cannot be used here.",
	}
	consent = Text{
		"スマートフォンの画面で提供に同意してから、もう一度かざしてください。",
		"Please agree on your phone's screen to share the items, then hold it to the reader again.",
	}
	waitAndTap = Text{
		"ただいま準備中です。少し待ってから、もう一度かざしてください。",
		"We are not quite ready. Please wait a moment, then hold your phone to the reader again.",
	}
	phoneUnsupported = Text{
		"このスマートフォンは、この端末ではご利用いただけません。",
		"This phone cannot be used at this terminal.",
	}
	documentRefused = Text{
		"この証明書は確認できないため、ご利用いただけません。",
		"This document could not be confirmed and cannot be used here.",
	}
	documentMissing = Text{
		"必要な証明書がスマートフォンに見つかりません。追加されているかご確認ください。",
		"The document needed was not found on your phone. Please check that it has been added.",
	}
	documentExpired = Text{
		"証明書の有効期限が切れています。スマートフォンで更新してからご利用ください。",
		"Your document has expired. Please renew it on your phone before using it here.",
	}
	// readInOrder goes with warnings: the customer has nothing to do.
	readInOrder = Text{
		"読み取りは完了しています。そのままお待ちください。",
		"Your phone was read. Please wait a moment.",
	}
	worksAsk = Text{
		"このままご利用いただけます。端末の点検が必要なことを、店員にお伝えください。",
		"You can go on. Please tell the staff that the terminal needs a look.",
	}
	startAgain = Text{
		"お手数ですが、最初からもう一度お手続きをお願いします。",
		"Please start again from the beginning.",
	}
	// inHand goes with results that were handed out already: nothing is begun anew.
	inHand = Text{
		"このお手続きは、すでに受け付けが済んでいます。",
		"This procedure has already been dealt with.",
	}
	outOfService = Text{
		"ただいまこの端末をご利用いただけません。お手数ですが、店員にお声がけください。",
		"This terminal cannot be used right now. Please ask a member of the staff.",
	}
	busy = Text{
		"ただいま混み合っています。しばらくしてから、もう一度お試しください。",
		"The terminal is busy. Please try again in a little while.",
	}
)
