package session_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/engagement"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/key"
	"kazashi/session/mdoc"
	"kazashi/session/verify"
)

// licence asks for an age of the driving licence.
func licence(identifier string) mdoc.DocRequest {
	return mdoc.DocRequest{DocType: mdoc.DocTypeDrivingLicence, Elements: []mdoc.ElementRequest{
		{Namespace: mdoc.NamespaceDrivingLicence, Identifier: identifier, Retain: true},
	}}
}

func terminal(t *testing.T) *key.Reader {
	t.Helper()
	r, err := key.New(pki().Reader.Key, pki().Reader.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a phone announces decides how it is asked: in the way of the first edition by
// all means, and in that of the second where it understands that.
func TestRequestIsWhatThePhoneAnnounces(t *testing.T) {
	ours := pki().Reader.Certificate.Subject.CommonName
	together := mdoc.AllTogether(2).UseCases
	for name, c := range map[string]struct {
		phone        engagement.Capabilities
		documents    int
		signed       bool
		each, whole  string
		wantUseCases []mdoc.UseCase
	}{
		"nothing":                       {engagement.Capabilities{}, 2, true, ours, "", nil},
		"readerAuthAll":                 {engagement.Capabilities{ReaderAuthAll: true}, 2, true, ours, ours, nil},
		"extended requests":             {engagement.Capabilities{ExtendedRequest: true}, 2, true, ours, "", together},
		"both":                          {engagement.Capabilities{ReaderAuthAll: true, ExtendedRequest: true}, 2, true, ours, ours, together},
		"both, for one document":        {engagement.Capabilities{ReaderAuthAll: true, ExtendedRequest: true}, 1, true, ours, ours, nil},
		"both, by nobody":               {engagement.Capabilities{ReaderAuthAll: true, ExtendedRequest: true}, 2, false, "", "", together},
		"readerAuthAll, to an unsigned": {engagement.Capabilities{ReaderAuthAll: true}, 1, false, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []holder.Asked
			p := phone(t, holder.Options{Capabilities: c.phone, Observe: func(a holder.Asked) { asked = append(asked, a) }})
			r := tap(t, t.Context(), p, func(tap *session.Tap) {
				if c.signed {
					tap.ReaderAuth = terminal(t)
				}
				if c.documents == 2 {
					tap.Request.Documents = append(tap.Request.Documents, licence("age_over_21"))
				}
			})
			if r.err != nil {
				t.Fatal(r.err)
			}
			if len(asked) != c.documents || len(r.verified.Documents()) != c.documents || r.summary().Requests != 1 {
				t.Fatalf("%d documents asked for, %d verified", len(asked), len(r.verified.Documents()))
			}
			for _, a := range asked {
				if a.UniqueDocSet != (c.documents > 1) {
					t.Errorf("%s of %d: unique %t", a.DocType, c.documents, a.UniqueDocSet)
				}
				if a.Reader != c.each || a.ReaderOfAll != c.whole || !cmp.Equal(a.UseCases, c.wantUseCases) {
					t.Errorf("%s: signed by %q, as a whole by %q, use cases %+v", a.DocType, a.Reader, a.ReaderOfAll, a.UseCases)
				}
				for _, e := range a.Elements {
					if e.Retain != (a.DocType == mdoc.DocTypeDrivingLicence) {
						t.Errorf("%s %s: retain %t", a.DocType, e.Identifier, e.Retain)
					}
				}
			}
		})
	}
}

func TestSeveralRequestsInOneSession(t *testing.T) {
	for _, negotiated := range []bool{false, true} {
		for _, mac := range []bool{false, true} {
			var asked []holder.Asked
			p := phone(t, holder.Options{
				Negotiated: negotiated, MAC: mac, Capabilities: engagement.Capabilities{ReaderAuthAll: true},
				Observe: func(a holder.Asked) { asked = append(asked, a) },
			})
			followUps := []mdoc.Request{
				{Documents: []mdoc.DocRequest{licence("age_over_21")}},
				{Documents: []mdoc.DocRequest{licence("family_name")}},
			}
			var answers [][]string
			r := tap(t, t.Context(), p, func(tap *session.Tap) {
				tap.ReaderAuth = terminal(t)
				tap.Next = func(v *verify.Verified) *mdoc.Request {
					answers = append(answers, names(v))
					if len(answers) > len(followUps) {
						return nil
					}
					v.Wipe()
					return &followUps[len(answers)-1]
				}
			})
			if r.err != nil {
				t.Fatal(r.err)
			}
			want := [][]string{
				{"birth_date", "full_name_unicode", "local_gov_code_unicode", "resident_address_unicode"},
				{"age_over_21"}, {"family_name"},
			}
			if diff := cmp.Diff(want, answers); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want[2], names(r.verified)); diff != "" {
				t.Errorf("the last answer: %s", diff)
			}
			ours := pki().Reader.Certificate.Subject.CommonName
			for i, a := range asked {
				if a.Round != i+1 || a.Reader != ours || a.ReaderOfAll != ours {
					t.Errorf("request %d: round %d, signed by %q, as a whole by %q", i, a.Round, a.Reader, a.ReaderOfAll)
				}
			}
			if len(asked) != 3 || r.summary().Requests != 3 {
				t.Errorf("%d requests were read, %d sent", len(asked), r.summary().Requests)
			}
			checkMessages(t, r.recorded.Taps()[0])
		}
	}
}

// checkMessages wants our key in the first message alone, and termination as the last.
func checkMessages(t *testing.T, sent loopback.Transcript) {
	t.Helper()
	var messages, withKey int
	for _, e := range sent {
		if c, err := apdu.ParseCommand(e.Command); err == nil && c.INS == 0xC3 {
			messages++
			if bytes.Contains(c.Data, []byte("eReaderKey")) {
				withKey++
			}
		}
	}
	if last := sent[len(sent)-1].Command; messages != 4 || withKey != 1 || !bytes.Contains(last, []byte("\x66status\x14")) {
		t.Errorf("%d messages, %d with our key, the last is %x", messages, withKey, last)
	}
}

// again makes a tap ask for an age when it has its first answer.
func again(change func(*mdoc.Request)) func(*session.Tap) {
	return func(tap *session.Tap) {
		asked := false
		tap.Next = func(v *verify.Verified) *mdoc.Request {
			if asked {
				return nil
			}
			asked = true
			v.Wipe()
			next := mdoc.Request{Documents: []mdoc.DocRequest{licence("age_over_21")}}
			if change != nil {
				change(&next)
			}
			return &next
		}
	}
}

func TestSessionThatEndsBetweenRequests(t *testing.T) {
	t.Run("with a request that is never made", func(t *testing.T) {
		r := tap(t, t.Context(), phone(t, holder.Options{}), again(func(next *mdoc.Request) {
			next.Documents[0].Elements[0].Identifier = mdoc.IndividualNumber
		}))
		if fault.CodeOf(r.err) != fault.ElementForbidden || !session.RequestSent(r.err) || r.summary().Requests != 1 {
			t.Errorf("got %v", r.err)
		}
		sent := r.recorded.Taps()[0]
		if last := sent[len(sent)-1].Command; !bytes.Contains(last, []byte("\x66status\x14")) {
			t.Errorf("the phone was not told the end: %x", last)
		}
	})
	t.Run("with a document that is not there", func(t *testing.T) {
		r := tap(t, t.Context(), phone(t, holder.Options{}), again(func(next *mdoc.Request) {
			next.Documents[0].DocType = "org.example.none"
		}))
		if fault.CodeOf(r.err) != fault.DocumentMissing || r.summary().Requests != 2 {
			t.Errorf("got %v", r.err)
		}
	})
	t.Run("by the phone, with its answer", func(t *testing.T) {
		r := tap(t, t.Context(), phone(t, holder.Options{LastAnswer: 1}), again(nil))
		if fault.CodeOf(r.err) != fault.SessionTerminated || r.summary().Requests != 1 || r.summary().Failed != session.Verifying {
			t.Errorf("got %v", r.err)
		}
		if steps := r.steps(); len(steps) != 7 {
			t.Errorf("a phone that has ended the session was spoken to again: %v", steps)
		}
		r = tap(t, t.Context(), phone(t, holder.Options{LastAnswer: 1}))
		if r.err != nil {
			t.Errorf("with nothing more to ask: %v", r.err)
		}
	})
	t.Run("by leaving", func(t *testing.T) {
		r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), loopback.RemoveAt(atRequest+1)), again(nil))
		if fault.CodeOf(r.err) != fault.CardRemoved || !session.RequestSent(r.err) {
			t.Errorf("got %v", r.err)
		}
	})
}

// The counters go on from request to request: an answer counts once.
func TestF24_AnswerReplayedInItsOwnSession(t *testing.T) {
	var first []byte
	card := loopback.WithFaults(phone(t, holder.Options{}),
		loopback.ChangeAt(atRequest, func(a []byte) []byte { first = bytes.Clone(a); return a }),
		loopback.ChangeAt(atRequest+1, func([]byte) []byte { return first }))
	r := tap(t, t.Context(), card, again(nil))
	if fault.CodeOf(r.err) != fault.SessionDecryption {
		t.Errorf("got %v", r.err)
	}
	sent := r.recorded.Taps()[0]
	if last := sent[len(sent)-1].Command; !bytes.Contains(last, []byte("\x66status\x0a")) {
		t.Errorf("the phone was not told that its message does not decrypt: %x", last)
	}
}

// A keeper is a signer whose key can go away.
type keeper struct {
	crypto.Signer
	err error
}

func (k keeper) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.err != nil {
		return nil, k.err
	}
	return k.Signer.Sign(rand, digest, opts)
}

func TestKeyThatCannotSign(t *testing.T) {
	for err, want := range map[error]fault.Code{
		fault.New(fault.ReaderKeyUnreadable, "the token is gone"): fault.ReaderKeyUnreadable,
		errors.New("something else"):                              fault.Internal,
	} {
		signer := keeper{pki().Reader.Key, err}
		terminal, newErr := key.New(signer, pki().Reader.Certificate)
		if newErr != nil {
			t.Fatal(newErr)
		}
		r := tap(t, t.Context(), phone(t, holder.Options{}), func(tap *session.Tap) { tap.ReaderAuth = terminal })
		if fault.CodeOf(r.err) != want || session.RequestSent(r.err) {
			t.Errorf("%v: %v", err, r.err)
		}
	}
}

// Whoever signs with another key than the certificate's is nobody to the phone.
func TestPhoneSeesASignatureThatIsNone(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var asked []holder.Asked
	p := phone(t, holder.Options{
		Capabilities: engagement.Capabilities{ReaderAuthAll: true}, Observe: func(a holder.Asked) { asked = append(asked, a) },
	})
	r := tap(t, t.Context(), p, func(tap *session.Tap) {
		tap.ReaderAuth = &key.Reader{Signer: other, Chain: [][]byte{pki().Reader.Certificate.Raw}, Certificate: pki().Reader.Certificate}
	})
	if r.err != nil || len(asked) != 1 || asked[0].Reader != "" || asked[0].ReaderOfAll != "" {
		t.Errorf("%+v, %v", asked, r.err)
	}
}

// What goes out is the leaf alone, once in each signature.
func TestRequestCarriesTheLeafAlone(t *testing.T) {
	sizes := map[bool]int{}
	for _, all := range []bool{false, true} {
		p := phone(t, holder.Options{Capabilities: engagement.Capabilities{ReaderAuthAll: all}})
		r := tap(t, t.Context(), p, func(tap *session.Tap) {
			tap.ReaderAuth = terminal(t)
			tap.Card = limited{tap.Card, reader.ExtendedLimits}
		})
		if r.err != nil {
			t.Fatal(r.err)
		}
		sizes[all] = len(r.recorded.Taps()[0][atRequest].Command)
	}
	leaf := len(pki().Reader.Certificate.Raw)
	if more := sizes[true] - sizes[false]; more < leaf || more > leaf+200 {
		t.Errorf("a signature of the whole costs %d bytes, with a leaf of %d", more, leaf)
	}
}
