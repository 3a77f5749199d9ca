package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

const shop = `name: shop
title: {ja: 店頭, en: Shop}
doc_type: org.iso.23220.1.jp.mnc
elements:
  - {namespace: org.iso.23220.1, element: age_over_20, label: {ja: 20歳以上, en: 20 or older}}
`

func names(t *testing.T, c *child) string {
	t.Helper()
	list, err := c.client.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range list.Profiles {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

// reload sends SIGHUP and waits until systemd is told that it is over.
func (c *child) reload() {
	c.t.Helper()
	c.hangup()
	c.hears("RELOADING=1\nMONOTONIC_USEC=")
	c.hears("READY=1")
}

func TestF43_ReloadWithABadFileKeepsTheOld(t *testing.T) {
	dir := directory(t)
	profiles := filepath.Join(dir, "profiles")
	if err := os.Mkdir(profiles, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, profiles, "shop.yaml", shop)
	good := "reader: {backend: loopback}\nledger: {path: \"\"}\nprofiles: {dir: " + profiles + "}\n"
	config := write(t, dir, "kazashid.yaml", good)
	// The phone stays locked, so that the presentation stays armed.
	c := spawn(t, dir, nil, "--specimen", "--config", config, "--scenario", "locked-phone,honest")

	for name, bad := range map[string]struct {
		config, profile string
		code            fault.Code
		says            string
	}{
		"unknown key":   {good + "sockets: {}\n", shop, fault.ConfigInvalid, "kazashid.yaml:4: sockets"},
		"no YAML":       {"[", shop, fault.ConfigUnreadable, "kazashid.yaml"},
		"bad profile":   {good, strings.Replace(shop, "shop", "stall", 1), fault.ProfileInvalid, "shop.yaml:1: name"},
		"forbidden":     {good, strings.Replace(shop, "age_over_20", "individual_number_unicode", 1), fault.ElementForbidden, "shop.yaml:5"},
		"no trust file": {good + "trust: {anchors: [{path: /none, doc_types: [a.b]}]}\n", shop, fault.TrustFileInvalid, "/none"},
		"no reader key": {good + "reader_key: {key: /none, certificate: /none}\n", shop, fault.ReaderKeyUnreadable, "/none"},
	} {
		write(t, dir, "kazashid.yaml", bad.config)
		write(t, profiles, "shop.yaml", bad.profile)
		c.reload()
		h := c.health()
		if h.State != api.HealthDegraded || len(h.Items) != 1 || h.Items[0].Code != fault.ReloadRefused ||
			h.Items[0].Subject != string(bad.code) || !strings.Contains(h.Items[0].Detail, bad.says) {
			t.Errorf("%s: health %+v", name, h)
		}
		if line := c.logged("reload refused"); line["code"] != string(fault.ReloadRefused) || !strings.Contains(line["error"].(string), bad.says) {
			t.Errorf("%s: logged %v", name, line)
		}
		if got := names(t, c); got != "shop" {
			t.Errorf("%s: profiles %s", name, got)
		}
	}

	// What is armed under the old profile is asked what the kiosk was shown.
	armed := c.until(c.arm("shop"), func(p api.Presentation) bool { return p.State == api.StateArmed && p.LastTap != nil })
	write(t, dir, "kazashid.yaml", good+"presentation: {lease: 5s}\n")
	if err := os.Rename(filepath.Join(profiles, "shop.yaml"), filepath.Join(dir, "shop.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, profiles, "stall.yaml", strings.NewReplacer("shop", "stall", "age_over_20", "sex").Replace(shop))
	c.reload()
	if h := c.health(); h.State != api.HealthOK {
		t.Errorf("after a good reload: %+v", h)
	}
	if line := c.logged("reloaded"); len(line["needs_restart"].([]any)) != 1 || line["needs_restart"].([]any)[0] != "presentation" {
		t.Errorf("logged %v", line)
	}
	if got := names(t, c); got != "stall" {
		t.Errorf("profiles %s", got)
	}
	p, err := c.client.Presentation(t.Context(), armed.ID)
	if err != nil || p.Asked[0].Element != "age_over_20" || p.State.Ended() {
		t.Errorf("what was armed: %+v, %v", p, err)
	}
	if err := c.client.Cancel(t.Context(), armed.ID); err != nil {
		t.Fatal(err)
	}
	c.until(c.arm("stall"), func(p api.Presentation) bool { return p.State == api.StateVerified })
}
