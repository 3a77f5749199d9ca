package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kazashi/session/engagement"
	"kazashi/session/fault"
)

// maxEngagementFile is above what the decoder takes, so that a text that is too long
// is the phone's fault and not the file's.
const maxEngagementFile = 64 << 10

func (a *app) engagementCommand() *cobra.Command {
	var text string
	cmd := a.verb("engagement TEXT|FILE", phrase{
		Ja: "スマートフォンの QR コード (mdoc:) を読み解く",
		En: "decode the QR code (mdoc:) of a phone",
	}, func(context.Context) error { return a.engagement(text) })
	cmd.Args = func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return errors.New("no mdoc: text and no file given")
		case 1:
			text = args[0]
			return nil
		}
		return noArguments(nil, args[1:])
	}
	cmd.Long = phrase{
		Ja: `スマートフォンが QR コードで示す mdoc: の文字列を、そのまま、またはファイルから読み、版、鍵の曲線、通信方式、対応機能を表示します。この端末がそのスマートフォンと通信できるかも示します。デーモンは要りません。

終了コード: 0 読み解けた (通信できるかどうかによらない)、1 形式の誤り、64 使い方の誤り、66 入力を読めない`,
		En: `Decode the mdoc: text that a phone shows as a QR code, as it is or from a file: its version, the curve of its key, the carriers that it offers and what it can do, and whether this terminal could talk to it. No daemon is needed.

exit status: 0 decoded, whether this terminal could talk to it or not, 1 malformed, 64 wrong command line, 66 unreadable input`,
	}.in(a.lang)
	cmd.Example = "  kazashi engagement mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg...\n  kazashi engagement qr.txt"
	return cmd
}

// engagement decodes one text.
func (a *app) engagement(text string) error {
	if !strings.HasPrefix(text, "mdoc:") {
		data, err := readFile(text, maxEngagementFile)
		if err != nil {
			return err
		}
		text = strings.TrimSpace(string(data))
	}
	e, err := engagement.ParseQR(text)
	if err != nil {
		return err
	}
	report := engagementReport(e)
	if a.json {
		return a.writeJSON(report)
	}
	a.showEngagement(report)
	return nil
}

// engagementJSON is what `kazashi engagement --json` writes.
type engagementJSON struct {
	Handover     string           `json:"handover"` // how it came: "QR"
	Version      string           `json:"version"`
	Curve        string           `json:"curve"`      // of EDeviceKey
	Key          string           `json:"key_sha256"` // of EDeviceKeyBytes
	Carriers     []carrierJSON    `json:"carriers"`   // in the phone's order
	Capabilities capabilitiesJSON `json:"capabilities"`
	// Usable means that this terminal has one of the carriers; Code is KZ-000 then, and
	// says what is in the way otherwise.
	Usable bool       `json:"usable"`
	Code   fault.Code `json:"code"`
	Name   string     `json:"name"`
}

type carrierJSON struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
	Usable bool   `json:"usable"`
}

type capabilitiesJSON struct {
	ReaderAuthAll   bool `json:"reader_auth_all"`
	ExtendedRequest bool `json:"extended_request"`
}

func engagementReport(e *engagement.Engagement) engagementJSON {
	s := e.Summary()
	out := engagementJSON{
		Handover: s.Handover, Version: s.Version, Curve: s.Curve, Key: s.Key, Carriers: []carrierJSON{},
		Capabilities: capabilitiesJSON{s.ReaderAuthAll, s.ExtendedRequest}, Code: fault.NoCommonTransport,
	}
	for _, c := range s.Carriers {
		usable := c.Kind == engagement.NFC
		out.Carriers = append(out.Carriers, carrierJSON{c.Kind.String(), c.String(), usable})
		if usable {
			out.Usable, out.Code = true, fault.OK
		}
	}
	out.Name = out.Code.Slug()
	return out
}

func (a *app) showEngagement(r engagementJSON) {
	t := &table{}
	t.add(phrase{"受け渡し", "handover"}.in(a.lang), r.Handover)
	t.add(phrase{"版", "version"}.in(a.lang), r.Version)
	t.add(phrase{"鍵の曲線", "curve"}.in(a.lang), r.Curve)
	t.add(phrase{"鍵 SHA-256", "key SHA-256"}.in(a.lang), r.Key)
	label := phrase{"通信方式", "carriers"}.in(a.lang)
	if len(r.Carriers) == 0 {
		t.add(label, phrase{"なし", "none"}.in(a.lang))
	}
	for _, c := range r.Carriers {
		t.add(label, c.Detail)
		label = ""
	}
	var can []string
	if r.Capabilities.ReaderAuthAll {
		can = append(can, phrase{"要求全体への署名 (readerAuthAll)", "one signature over all of a request (readerAuthAll)"}.in(a.lang))
	}
	if r.Capabilities.ExtendedRequest {
		can = append(can, phrase{"拡張された要求", "extended requests"}.in(a.lang))
	}
	if len(can) == 0 {
		can = []string{phrase{"なし", "none announced"}.in(a.lang)}
	}
	t.add(phrase{"対応機能", "capabilities"}.in(a.lang), strings.Join(can, phrase{"、", ", "}.in(a.lang)))
	a.out.table(t)
	a.out.line(plain, "")
	if r.Usable {
		a.out.say(good, "", phrase{"この端末は NFC で通信できます", "this terminal could talk to it, over NFC"}.in(a.lang))
		return
	}
	a.out.say(warn, "", fmt.Sprintf(phrase{
		"この端末は通信できません: %s (%s)", "this terminal could not talk to it: %s (%s)",
	}.in(a.lang), r.Code, r.Name))
	a.out.say(plain, "  "+phrase{"ヒント: ", "hint: "}.in(a.lang), phrase{
		Ja: "この端末のデータ転送は NFC だけです。かざしたときに NFC を示すスマートフォンもあります",
		En: "this terminal transfers data over NFC only; some phones offer that when they are held up",
	}.in(a.lang))
}
