package configs

import (
	"fmt"
	"strings"
	"testing"

	"kazashi/session/fault"
)

func TestF43_UpdateThatIsRefused(t *testing.T) {
	many := strings.Repeat("{name: a, kind: crl, url: 'https://a.example/'},", maxSources+1)
	for name, c := range map[string]struct{ update, says string }{
		"unknown key":       {"{source: []}", "update.source: unknown key"},
		"unknown in source": {"{sources: [{name: a, kind: crl, uri: 'https://a.example/'}]}", "sources[0].uri: unknown key"},
		"http":              {"{sources: [{name: a, kind: crl, url: 'http://a.example/'}]}", "sources[0].url: is not https"},
		"http to localhost": {"{sources: [{name: a, kind: crl, url: 'http://localhost/'}]}", "is not https"},
		"ftp":               {"{sources: [{name: a, kind: crl, url: 'ftp://a.example/'}]}", "is not https"},
		"file":              {"{sources: [{name: a, kind: crl, url: 'file:///etc/x.crl'}]}", "no URL"},
		"path":              {"{sources: [{name: a, kind: crl, url: /etc/x.crl}]}", "no URL"},
		"no url":            {"{sources: [{name: a, kind: crl}]}", "sources[0].url: no URL"},
		"password":          {"{sources: [{name: a, kind: crl, url: 'https://u:sesame@a.example/'}]}", "a user or a password"},
		"fragment":          {"{sources: [{name: a, kind: crl, url: 'https://a.example/#x'}]}", "fragment"},
		"kind":              {"{sources: [{name: a, kind: ocsp, url: 'https://a.example/'}]}", `"ocsp" is none of`},
		"no kind":           {"{sources: [{name: a, url: 'https://a.example/'}]}", `"" is none of`},
		"no name":           {"{sources: [{kind: crl, url: 'https://a.example/'}]}", "sources[0].name"},
		"name":              {"{sources: [{name: A b, kind: crl, url: 'https://a.example/'}]}", "sources[0].name"},
		"twice":             {"{sources: [{name: a, kind: crl, url: 'https://a.example/'}, {name: a, kind: crl, url: 'https://b.example/'}]}", `sources[1].name: "a" stands there twice`},
		"too many":          {"{sources: [" + many + "]}", "at most 64"},
		"no time":           {"{timeout: 0s}", "timeout"},
		"too much time":     {"{timeout: 1h}", "timeout"},
		"no bytes":          {"{max_bytes: 0}", "max_bytes"},
		"too many bytes":    {"{max_bytes: 20971521}", "max_bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, "trust: {update: "+c.update+"}\n"))
			if fault.CodeOf(err) != fault.ConfigInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("%v holds a password", err)
			}
		})
	}
	_, err := Load(write(t, "trust: {dir: '', update: {sources: [{name: a, kind: crl, url: 'https://a.example/'}]}}\n"))
	if err == nil || !strings.Contains(err.Error(), "trust.dir is empty") {
		t.Errorf("%v", err)
	}
}

func TestUpdateThatIsAccepted(t *testing.T) {
	for _, address := range []string{"https://a.example/x.crl?token=1", "https://[2001:db8::1]:8443/", "http://127.0.0.1:8080/x", "http://[::1]/"} {
		c, err := Load(write(t, fmt.Sprintf("trust: {update: {sources: [{name: jp-crl, kind: status, url: '%s'}]}}\n", address)))
		if err != nil || len(c.Trust.Update.Sources) != 1 || c.Trust.Update.Sources[0] != (Source{Name: "jp-crl", Kind: "status", URL: address}) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
