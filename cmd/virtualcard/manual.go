package main

import (
	"github.com/spf13/cobra"

	"kazashi/cmd/internal/manual"
)

// pages is virtualcard(1) beside what the command line says of itself.
func pages() manual.Program {
	return manual.Program{
		New:     func() *cobra.Command { return command(nil) },
		Chapter: 1,
		Short:   manual.Text{Ja: "仮想 PC/SC リーダーにつなぐソフトウェアのスマートフォン", En: "a phone made of software for the virtual PC/SC reader"},
		About: []manual.Text{
			{
				Ja: "架空の人物の見本の文書を持つスマートフォンを、vsmartcard の仮想リーダー (vpcd) につなぎます。本物の pcscd を通して端末を試せます。受け取ったコマンドをデータを除いて表示し、求められた項目の名前を示します。",
				En: "Plugs a phone with specimen documents of an invented person into the virtual reader of vsmartcard (vpcd), so that a terminal can be tried through a real pcscd. It prints every command without its data, and the names of the elements that it was asked for.",
			},
			{
				Ja: "--behaviour に使える名前は virtualcard --help で見られます。",
				En: "virtualcard --help lists what --behaviour takes.",
			},
		},
		Flags: map[string]string{
			"vpcd":      "仮想リーダーのアドレス (既定は 127.0.0.1:35963)",
			"pki":       "見本の発行者のフォルダー。なければ作られる",
			"behaviour": "かざされたときのふるまい (既定は honest)",
			"document":  "持っている文書。mnc、mdl、both (既定は both)",
			"handover":  "接続の始め方。static か negotiated (既定は static)",
			"once":      "一度かざしたら終わる",
			"taps":      "n 回かざしたら終わる。0 なら中断されるまで続ける",
			"help":      "使い方を表示する",
			"version":   "版を表示する",
		},
		More: []manual.Part{{Title: manual.Exit, Items: []manual.Entry{
			{Term: "0", Text: manual.Text{Ja: "すべて終わった", En: "all taps done"}},
			{Term: "1", Text: manual.Text{Ja: "失敗した", En: "failed"}},
			{Term: "64", Text: manual.Text{Ja: "使い方の誤り", En: "wrong command line"}},
			{Term: "66", Text: manual.Text{Ja: "見本の発行者を読めない", En: "unreadable specimen authorities"}},
			{Term: "69", Text: manual.Text{Ja: "仮想リーダーがない", En: "no virtual reader"}},
			{Term: "130", Text: manual.Text{Ja: "中断された", En: "interrupted"}},
		}}},
	}
}
