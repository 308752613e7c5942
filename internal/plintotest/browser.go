package plintotest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// A Browser walks the hosted pages like a person without JavaScript.
type Browser struct {
	Client *http.Client
	Jar    *cookiejar.Jar
	// Plain says that it makes no effort where one is demanded.
	Plain  bool
	origin string   // of the server: a redirect elsewhere has arrived
	also   []string // origins that it goes on through
	t      testing.TB
}

// Browser returns a fresh browser with no cookies.
func (s *Server) Browser() *Browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &Browser{Jar: jar, origin: s.URL, t: s.t}
	b.Client = &http.Client{Transport: s.Server.Client().Transport, Jar: jar, CheckRedirect: b.stopOutside}
	return b
}

// Also has the browser go on through another server, of that origin, where it would stop.
func (b *Browser) Also(origin string) *Browser {
	b.also = append(b.also, origin)
	return b
}

// From has the browser's requests come from an address, at a server that is Proxied.
func (b *Browser) From(address string) *Browser {
	b.Client.Transport = from{b.Client.Transport, address}
	return b
}

type from struct {
	http.RoundTripper
	address string
}

// RoundTrip implements http.RoundTripper.
func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.RoundTripper.RoundTrip(r)
}

// stopOutside ends a chain of redirects where it leaves the server.
func (b *Browser) stopOutside(r *http.Request, via []*http.Request) error {
	inside := func(origin string) bool { return strings.HasPrefix(r.URL.String(), origin+"/") }
	if !inside(b.origin) && !slices.ContainsFunc(b.also, inside) || len(via) > 15 {
		return http.ErrUseLastResponse
	}
	return nil
}

// A Page is where the browser is: a page of ours, or, with Left set, the address
// outside the server that the last redirect pointed to.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Doc    *goquery.Document
	Left   *url.URL
	b      *Browser
}

// Open follows an address until a page, or until it leaves the server.
func (b *Browser) Open(address string) *Page {
	b.t.Helper()
	res, err := b.Client.Get(address)
	if err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
	return b.page(res)
}

func (b *Browser) page(res *http.Response) *Page {
	b.t.Helper()
	defer res.Body.Close()
	p := &Page{URL: res.Request.URL, Status: res.StatusCode, Header: res.Header, b: b}
	if location := res.Header.Get("Location"); location != "" && res.StatusCode >= 300 && res.StatusCode < 400 {
		u, err := res.Location()
		if err != nil {
			b.t.Fatalf("location %q: %v", location, err)
		}
		p.Left = u
		return p
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		b.t.Fatalf("parse %s: %v", p.URL, err)
	}
	p.Doc = doc
	return p
}

// Submit sends the form that holds the element with that id, as a click on it
// would, with values filled in by field name. Where the answer demands an effort it is made, unless the browser
// is a plain one.
func (p *Page) Submit(id string, values map[string]string) *Page {
	p.b.t.Helper()
	return p.submit(id, values).works(id, values)
}

func (p *Page) submit(id string, values map[string]string) *Page {
	t := p.b.t
	t.Helper()
	if p.Doc == nil {
		t.Fatalf("no page to submit: left to %v", p.Left)
	}
	button := p.Doc.Find("#" + id)
	form := button.Closest("form")
	if form.Length() == 0 {
		html, _ := p.Doc.Find("body").Html()
		t.Fatalf("no form with #%s on %s (%d): %s", id, p.URL, p.Status, html)
	}
	data := url.Values{}
	form.Find("input").Each(func(_ int, in *goquery.Selection) {
		name, kind := in.AttrOr("name", ""), in.AttrOr("type", "text")
		_, checked := in.Attr("checked")
		if name == "" || kind == "submit" || (kind == "checkbox" || kind == "radio") && !checked {
			return
		}
		data.Set(name, in.AttrOr("value", ""))
	})
	if name := button.AttrOr("name", ""); name != "" {
		data.Set(name, button.AttrOr("value", ""))
	}
	for name, value := range values {
		data.Set(name, value)
	}
	action, err := p.URL.Parse(form.AttrOr("action", ""))
	if err != nil {
		t.Fatalf("action: %v", err)
	}
	return p.b.Post(action.String(), data)
}

// Post sends a form as our own page would.
func (b *Browser) Post(address string, data url.Values) *Page {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(data.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.Client.Do(req)
	if err != nil {
		b.t.Fatalf("post %s: %v", address, err)
	}
	return b.page(res)
}

// PostFromElsewhere sends a form as a page of another site has the browser do: without our SameSite=Lax cookies. What is
// answered is open in the browser.
func (b *Browser) PostFromElsewhere(address string, data url.Values) *Page {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(data.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://elsewhere.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := (&http.Client{Transport: b.Client.Transport, CheckRedirect: b.stopOutside}).Do(req)
	if err != nil {
		b.t.Fatalf("post %s: %v", address, err)
	}
	return b.page(res)
}

// SignIn opens an authorization address, signs in, allows what is asked, and
// returns the parameters the client gets.
func (b *Browser) SignIn(address, username string) url.Values {
	b.t.Helper()
	p := b.Open(address)
	if p.Doc != nil && p.Doc.Find("#password").Length() > 0 {
		p = p.Submit("submit", map[string]string{"username": username, "password": Password})
	}
	if p.Doc != nil && p.Doc.Find("#allow").Length() > 0 {
		p = p.Submit("allow", nil)
	}
	if p.Left == nil {
		html, _ := p.Doc.Find("body").Html()
		b.t.Fatalf("still on %s (%d): %s", p.URL, p.Status, html)
	}
	return p.Left.Query()
}
