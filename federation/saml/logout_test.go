package saml_test

import (
	"crypto/elliptic"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"plinto/federation"
	"plinto/internal/fakesaml"
)

const sloHere = "https://op.example/federation/idp/slo"

// by brings a logout message by one binding, changed before it is sent.
type by func(w *world, l *fakesaml.Logout, change func(string) string) *federation.LogoutMessage

func byQuery(w *world, l *fakesaml.Logout, change func(string) string) *federation.LogoutMessage {
	w.t.Helper()
	query, err := w.idp.Query(l, "their state")
	must(w.t, err)
	if change != nil {
		query = change(query)
	}
	return &federation.LogoutMessage{Query: query, RelayState: "their state"}
}

func byForm(w *world, l *fakesaml.Logout, change func(string) string) *federation.LogoutMessage {
	w.t.Helper()
	form, err := w.idp.Post(l, "their state", func(doc *etree.Document) {
		if change == nil {
			return
		}
		text, err := doc.WriteToString()
		must(w.t, err)
		changed := etree.NewDocument()
		must(w.t, changed.ReadFromString(change(text)))
		doc.SetRoot(changed.Root())
	})
	must(w.t, err)
	return &federation.LogoutMessage{Form: form, RelayState: "their state"}
}

func TestReadLogoutRequest_readsWhatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, err := fakesaml.NewECKey(elliptic.P256(), w.now)
	must(t, err)
	w.conn.SAML.Certificates = append(w.conn.SAML.Certificates, key.Certificate())
	for name, send := range map[string]by{"by redirect": byQuery, "by post": byForm} {
		for signer, signing := range map[string]*fakesaml.Signing{"RSA": {}, "ECDSA": {Key: key}} {
			l := w.idp.AskLogout(sloHere, "alice", w.now, "one", "two")
			l.Signed = signing
			asked, err := w.connector.ReadLogoutRequest(w.ctx, w.conn, send(w, &l, nil))
			if err != nil || asked.Subject != "persistent:alice" || strings.Join(asked.SessionIDs, " ") != "one two" || asked.RequestID != l.ID || asked.ID != l.ID ||
				asked.RelayState != "their state" || !asked.Expires.After(w.now.Add(5*time.Minute)) {
				t.Errorf("%s, %s: read %+v (%v)", name, signer, asked, err)
			}
		}
	}
}

// SAM-25 to SAM-28: a logout request that nobody signed, that is of somebody else, for somebody else, or old, is none.
func TestReadLogoutRequest_hostileOnesAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, old := mustKey(t, 2048, w.now), mustKey(t, 2048, w.now.AddDate(-2, 0, 0))
	w.conn.SAML.Certificates = append(w.conn.SAML.Certificates, old.Certificate())
	for name, change := range map[string]func(*fakesaml.Logout){
		"unsigned":                   func(l *fakesaml.Logout) { l.Signed = nil },
		"by another key":             func(l *fakesaml.Logout) { l.Signed = &fakesaml.Signing{Key: other} },
		"by a key that has expired":  func(l *fakesaml.Logout) { l.Signed = &fakesaml.Signing{Key: old} },
		"of another issuer":          func(l *fakesaml.Logout) { l.Issuer = "https://other.example" },
		"of no issuer":               func(l *fakesaml.Logout) { l.Issuer = entityID + "/" },
		"for another address":        func(l *fakesaml.Logout) { l.Destination = "https://op.example/federation/other/slo" },
		"for no address":             func(l *fakesaml.Logout) { l.Destination = "" },
		"of before":                  func(l *fakesaml.Logout) { l.At, l.Until = w.now.Add(-7*time.Minute), time.Time{} },
		"of before, good until then": func(l *fakesaml.Logout) { l.At, l.Until = w.now.Add(-7*time.Minute), w.now.Add(time.Hour) },
		"of later":                   func(l *fakesaml.Logout) { l.At = w.now.Add(10 * time.Minute) },
		"of no time":                 func(l *fakesaml.Logout) { l.At = time.Time{} },
		"expired":                    func(l *fakesaml.Logout) { l.Until = w.now.Add(-2 * time.Minute) },
		"of another version":         func(l *fakesaml.Logout) { l.Version = "1.1" },
		"without an id":              func(l *fakesaml.Logout) { l.ID = "" },
		"an answer":                  func(l *fakesaml.Logout) { l.Element, l.Status = fakesaml.LogoutResponse, fakesaml.Success },
		"about nobody":               func(l *fakesaml.Logout) { l.Name = "" },
		"about two":                  func(l *fakesaml.Logout) { l.More = "<saml:NameID>mallory</saml:NameID>" },
		"about a name of the moment": func(l *fakesaml.Logout) { l.Format = fakesaml.Transient },
		"about a session of no name": func(l *fakesaml.Logout) { l.Indexes = []string{""} },
		"about many sessions":        func(l *fakesaml.Logout) { l.Indexes = strings.Split(strings.Repeat("i,", 30)+"i", ",") },
		"with an element in a name":  func(l *fakesaml.Logout) { l.Name = "alice<saml:x/>.evil" },
	} {
		for binding, send := range map[string]by{"by redirect": byQuery, "by post": byForm} {
			l := w.idp.AskLogout(sloHere, "alice", w.now, "one")
			change(&l)
			if asked, err := w.connector.ReadLogoutRequest(w.ctx, w.conn, send(w, &l, nil)); !errors.Is(err, federation.ErrLogoutMessage) {
				t.Errorf("%s, %s: read %+v (%v)", name, binding, asked, err)
			}
		}
	}
}

// SAM-25: what was changed after it was signed, or signed for something else, is none.
func TestReadLogoutRequest_readsOnlyWhatWasSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.idp.AskLogout(sloHere, "alice", w.now, "one")
	mallory := w.idp.AskLogout(sloHere, "mallory", w.now, "one")
	unsigned := mallory
	unsigned.Signed = nil
	for name, m := range map[string]*federation.LogoutMessage{
		"another relay state":     byQuery(w, &l, replace("RelayState=their+state", "RelayState=mine")),
		"no relay state":          byQuery(w, &l, replace("&RelayState=their+state", "")),
		"another algorithm":       byQuery(w, &l, replace("rsa-sha256", "rsa-sha1")),
		"an algorithm of no name": byQuery(w, &l, replace("SigAlg=", "SigAlg=x")),
		"another request":         byQuery(w, &l, func(q string) string { return swapped(byQuery(w, &mallory, nil).Query, q) }),
		"twice a request":         byQuery(w, &l, func(q string) string { return byQuery(w, &unsigned, nil).Query + "&" + q }),
		"a request after":         byQuery(w, &l, func(q string) string { return q + "&" + byQuery(w, &unsigned, nil).Query }),
		"its signature twice":     byQuery(w, &l, func(q string) string { return q + "&Signature=AAAA" }),
		"a name changed":          byForm(w, &l, replace("alice</saml:NameID>", "mallory</saml:NameID>")),
		"a comment":               byForm(w, &l, replace("alice</saml:NameID>", "al<!-- -->ice</saml:NameID>")),
		"a session added":         byForm(w, &l, replace("</samlp:LogoutRequest>", "<samlp:SessionIndex>two</samlp:SessionIndex></samlp:LogoutRequest>")),
		"the signature taken away": byForm(w, &l, func(s string) string {
			return s[:strings.Index(s, "<ds:Signature")] + s[strings.Index(s, "</ds:Signature>")+15:]
		}),
		"wrapped": byForm(w, &l, func(s string) string {
			return strings.Replace(written(t, plainOf(t, &unsigned)), "</samlp:LogoutRequest>", s+"</samlp:LogoutRequest>", 1)
		}),
		"its form without a request": {Form: url.Values{"RelayState": {"x"}}},
		"nothing":                    {Query: "x"},
	} {
		if asked, err := w.connector.ReadLogoutRequest(w.ctx, w.conn, m); !errors.Is(err, federation.ErrLogoutMessage) {
			t.Errorf("%s: read %+v (%v)", name, asked, err)
		}
	}
}

// swapped is the request of one query with the signature of another.
func swapped(request, signature string) string {
	return request[:strings.Index(request, "&Signature=")] + signature[strings.Index(signature, "&Signature="):]
}

func plainOf(t *testing.T, l *fakesaml.Logout) *etree.Document {
	t.Helper()
	var doc *etree.Document
	_, err := (&fakesaml.Provider{}).Post(l, "", func(d *etree.Document) { doc = d })
	must(t, err)
	return doc
}

// SAM-29: an answer is one to this request, by the provider.
func TestReadLogoutResponse_isToTheRequestAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := mustKey(t, 2048, w.now)
	for name, c := range map[string]struct {
		change func(*fakesaml.Logout)
		good   bool
	}{
		"good":                 {func(*fakesaml.Logout) {}, true},
		"that it failed there": {func(l *fakesaml.Logout) { l.Status = "urn:oasis:names:tc:SAML:2.0:status:Responder" }, true},
		"to another request":   {func(l *fakesaml.Logout) { l.InResponseTo = "_other" }, false},
		"to none":              {func(l *fakesaml.Logout) { l.InResponseTo = "" }, false},
		"unsigned":             {func(l *fakesaml.Logout) { l.Signed = nil }, false},
		"by another key":       {func(l *fakesaml.Logout) { l.Signed = &fakesaml.Signing{Key: other} }, false},
		"of another issuer":    {func(l *fakesaml.Logout) { l.Issuer = "https://other.example" }, false},
		"for another address":  {func(l *fakesaml.Logout) { l.Destination = "https://other.example" }, false},
		"of before":            {func(l *fakesaml.Logout) { l.At = w.now.Add(-10 * time.Minute) }, false},
	} {
		for binding, send := range map[string]by{"by redirect": byQuery, "by post": byForm} {
			l := w.idp.AnswerLogout(sloHere, "_ours", w.now)
			c.change(&l)
			if err := w.connector.ReadLogoutResponse(w.ctx, w.conn, send(w, &l, nil), "_ours"); (err == nil) != c.good {
				t.Errorf("%s, %s: %v", name, binding, err)
			}
		}
	}
}
