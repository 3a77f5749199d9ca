package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
)

// pcscdSocket is where pcscd listens; it is compiled into libpcsclite.
const pcscdSocket = "/run/pcscd/pcscd.comm"

func probeService(ctx context.Context, w *World, _ Facts) func(*Facts) {
	s := serviceFacts{Supported: pcsc.Supported, Processes: w.processes("pcscd")}
	_, s.SocketErr = os.Stat(w.path(pcscdSocket))
	_, missing := os.Stat(w.path(pcscdProgram))
	s.Installed = missing == nil || len(s.Processes) > 0
	for range attempts {
		s.Seen, s.Err = w.Readers(ctx)
		if s.SocketErr != nil || !errors.Is(s.Err, reader.ErrNoService) || errors.Is(s.Err, reader.ErrTimeout) {
			break
		}
	}
	return func(f *Facts) { f.Service = s }
}

// attempts is how often pcscd is asked while it ends the connection. It does so at once
// with a user whom it refuses, and whether that looks like a refusal or like a service
// that is gone depends on who was quicker.
const attempts = 5

// withoutPCSC tells that the terminal does not use PC/SC.
func (f *Facts) withoutPCSC() bool {
	c := f.Config.C
	return c != nil && c.Reader.Backend != configs.BackendPCSC || f.sandbox()
}

func judgeService(f *Facts) Verdict {
	s := f.Service
	if f.withoutPCSC() {
		return f.loopback()
	}
	restart := []string{"systemctl status pcscd.socket pcscd.service", "sudo systemctl restart pcscd.service"}
	switch {
	case f.Late[serviceID], errors.Is(s.Err, reader.ErrTimeout):
		one := Finding{
			Code: fault.ReaderServiceHung,
			Seen: both("pcscd%s が応答しません", "pcscd%s does not answer", pidsOf(s.Processes)), Run: restart,
		}
		for _, p := range s.Processes {
			if p.Stopped {
				one = one.also("プロセスが停止 (SIGSTOP) しています", "the process is stopped (SIGSTOP)")
				one.Run = append([]string{fmt.Sprintf("sudo kill -CONT %d", p.PID)}, one.Run...)
			}
		}
		return Verdict{Findings: []Finding{one}}
	case !s.Supported:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderUnsupported,
			Seen: both("このコマンドは PC/SC なしで作られています", "this command was built without PC/SC"), Run: []string{"kazashi version"},
		}}}
	case s.Err == nil, errors.Is(s.Err, reader.ErrNoReader), errors.Is(s.Err, reader.ErrDenied):
		return Verdict{Note: both("応答あり%s", "answers%s", pidsOf(s.Processes))}
	case !s.Installed:
		return Verdict{Findings: []Finding{{
			Code: fault.ReaderServiceDown,
			Seen: both("pcscd が導入されていません", "pcscd is not installed"), Run: []string{"sudo apt-get install pcscd libccid"},
		}}}
	}
	one := Finding{Code: fault.ReaderServiceDown, Run: []string{
		"systemctl status pcscd.socket pcscd.service", "sudo systemctl enable --now pcscd.socket",
	}}
	switch {
	case s.SocketErr != nil:
		one.Seen = both("pcscd のソケット %s がありません", "there is no socket of pcscd at %s", pcscdSocket)
	case len(s.Processes) == 0:
		one.Seen = both("%s はありますが、pcscd が動いていません", "%s is there, but no pcscd runs", pcscdSocket)
	default:
		one.Seen = both("pcscd%s と通信できません: %v", "pcscd%s cannot be talked to: %v", pidsOf(s.Processes), s.Err)
	}
	return Verdict{Findings: []Finding{one}}
}

// loopback is the verdict of every check of PC/SC in a terminal without it.
func (f *Facts) loopback() Verdict {
	return Verdict{State: Unneeded, Note: both("ソフトウェアのリーダーを使っています", "the reader is made of software")}
}

func pidsOf(list []process) string {
	text := ""
	for _, p := range list {
		text += " (pid " + strconv.Itoa(p.PID) + ")"
	}
	return text
}
