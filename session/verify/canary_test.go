package verify

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// F56: a phone chooses many texts of its answer besides the values: none of them
// is in an error or a warning, even when it looks like a name.
func TestF56_NoTextOfThePhoneInAnError(t *testing.T) {
	const canary = "YAMADA_HANAKO"
	l := newLab(t)
	rename := func(doc *mdoc.Document) {
		items := doc.IssuerSigned.NameSpaces[ns]
		item, err := mdoc.NewIssuerSignedItem(items[0].DigestID, items[0].Random, canary, "x")
		if err != nil {
			t.Fatal(err)
		}
		items[0] = item
	}
	for name, c := range map[string]struct {
		spoil func(*draft)
		want  fault.Code
	}{
		"element": {func(d *draft) { d.issued = rename }, fault.DigestMismatch},
		"element that nobody issued": {func(d *draft) {
			d.issued = func(doc *mdoc.Document) {
				rename(doc)
				doc.IssuerSigned.NameSpaces[canary] = doc.IssuerSigned.NameSpaces[ns][:1]
				delete(doc.IssuerSigned.NameSpaces, ns)
			}
		}, fault.DigestNotCovered},
		"element twice": {func(d *draft) {
			d.attributes = append(d.attributes, attribute{nsISO, canary, 1}, attribute{nsISO, canary, 2})
		}, fault.DuplicateElement},
		"device-signed element": {func(d *draft) { d.deviceElements = map[string]map[string]any{canary: {canary: canary}} }, fault.KeyNotAuthorized},
		"docType": {func(d *draft) {
			d.answered = func(r *mdoc.DeviceResponse) { r.Documents[0].DocType = canary }
		}, fault.DocumentMissing},
		"docType of one more": {func(d *draft) {
			d.answered = func(r *mdoc.DeviceResponse) {
				more := r.Documents[0]
				more.DocType = canary
				r.Documents = append(r.Documents, more)
			}
		}, fault.DocumentUnexpected},
		"docType of the mso": {func(d *draft) { d.mso.DocType = canary }, fault.DocTypeMismatch},
		"document errors": {func(d *draft) {
			d.answered = func(r *mdoc.DeviceResponse) {
				r.Documents, r.DocumentErrors = nil, []map[string]int64{{canary: 0}}
			}
		}, fault.DocumentMissing},
		"errors": {func(d *draft) {
			d.attributes = d.attributes[1:]
			d.answered = func(r *mdoc.DeviceResponse) {
				r.Documents[0].Errors = map[string]map[string]int64{canary: {canary: 0}}
			}
		}, fault.Incomplete},
		"version":         {func(d *draft) { d.answered = func(r *mdoc.DeviceResponse) { r.Version = canary } }, fault.UnsupportedResponseVersion},
		"digestAlgorithm": {func(d *draft) { d.mso.DigestAlgorithm = canary }, fault.DigestAlgorithm},
		"certificate": {func(d *draft) {
			leaf := l.certify(t, l.signer.Public(), func(c *x509.Certificate) {
				c.URIs = []*url.URL{{Scheme: "http", Host: canary, Path: "/x"}}
			})
			// Now it is no URI, and crypto/x509 says which one is not.
			d.chain = [][]byte{bytes.Replace(leaf, []byte("http://"+canary), []byte("http://[YAMADA_HANAK"), 1)}
		}, fault.CertificateMalformed},
		"element beside": {func(d *draft) { d.attributes = append(d.attributes, attribute{canary, canary, canary}) }, fault.OK},
	} {
		t.Run(name, func(t *testing.T) {
			d := l.draft(t)
			c.spoil(d)
			verified, err := l.verify(l.answer(t, d), ask(ns, "full_name_unicode"))
			if fault.CodeOf(err) != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if text := fmt.Sprint(err, verified.Warnings(), verified); strings.Contains(text, "YAMADA") {
				t.Errorf("it says %s", text)
			}
		})
	}
	// Without a request nothing is known to be harmless.
	d := l.draft(t)
	d.issued = rename
	if _, err := l.verify(l.answer(t, d), nil); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("without a request: %v", err)
	}
}

// What was asked for may be named, or nobody could tell what is wrong.
func TestF56_WhatWasAskedForIsNamed(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.issued = func(doc *mdoc.Document) {
		items := doc.IssuerSigned.NameSpaces[ns]
		item, err := mdoc.NewIssuerSignedItem(items[0].DigestID, items[0].Random, "full_name_unicode", "x")
		if err != nil {
			t.Fatal(err)
		}
		items[0] = item
	}
	_, err := l.verify(l.answer(t, d), ask(ns, "full_name_unicode"))
	if fault.CodeOf(err) != fault.DigestMismatch || !strings.Contains(err.Error(), "full_name_unicode") {
		t.Errorf("got %v", err)
	}
}
