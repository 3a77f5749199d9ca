package session

import (
	"context"

	"kazashi/session/carrier"
	"kazashi/session/conversation"
)

// nfc moves session messages over the card that was engaged.
type nfc struct {
	loop    *conversation.Loop
	options carrier.Options
	whole   bool // a message was sent to its end
}

func (n *nfc) connect(ctx context.Context) error { return n.loop.Run(ctx, new(carrier.Select)) }

func (n *nfc) exchange(ctx context.Context, message []byte) ([]byte, error) {
	x := carrier.NewExchange(message, n.options)
	err := n.loop.Run(ctx, x)
	n.whole = n.whole || x.Sent()
	if err != nil {
		return nil, err
	}
	return x.Answer(), nil
}

func (n *nfc) sent() bool { return n.whole }

func (n *nfc) farewell(ctx context.Context, message []byte) {
	_ = n.loop.Run(ctx, carrier.NewFarewell(message, n.options))
}
