package plintotest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plinto/internal/webdriver"
	"plinto/provider"
	"plinto/tenant"
)

// browsersWanted is set by make test-browsers, which has seen to the browsers.
const browsersWanted = "PLINTO_BROWSERS"

func TestBrowsers_firefox(t *testing.T) { inBrowser(t, webdriver.Firefox) }

func TestBrowsers_webkit(t *testing.T) { inBrowser(t, webdriver.WebKit) }

// A walk is a browser that walks through the pages of a server.
type walk struct {
	*webdriver.Session
	t    *testing.T
	s    *Server
	back string // where the client is
}

// inBrowser runs the main flows in a browser. One of them fails on its own: the others
// still show what works.
func inBrowser(t *testing.T, start func(testing.TB) *webdriver.Session) {
	if os.Getenv(browsersWanted) == "" {
		t.Skip("make test-browsers runs it")
	}
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	s.User("alice@example.com")
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>client</title><p id=arrived>arrived"))
	}))
	t.Cleanup(client.Close)
	w := walk{t: t, s: s, back: client.URL + "/cb", Session: start(t)}
	w.Resize(1000, 900)
	for _, flow := range []struct {
		name string
		run  func(walk)
	}{
		{"sign in, consent, sign out", walk.signIn},
		{"wrong password", walk.wrongPassword},
		{"sign up", walk.signUp},
		{"error pages", walk.errorPages},
		{"logos", walk.logos},
		{"back", walk.goBack},
	} {
		t.Run(flow.name, func(t *testing.T) {
			one := w
			one.t = t
			flow.run(one)
		})
	}
}

// client registers a client of the walk's server.
func (w walk) client(change func(*provider.Metadata)) string {
	m := web(w.back)
	m.ClientName, m.RequirePKCE = "Shop", false
	if change != nil {
		change(&m)
	}
	c, _ := w.s.Client(m)
	return w.s.AuthorizeURL(c, nil)
}

func (w walk) picture(name string) {
	if dir := os.Getenv("PLINTO_PICTURES"); dir != "" {
		w.Picture(filepath.Join(dir, strings.ReplaceAll(w.t.Name(), "/", "--")+"--"+name+".png"))
	}
}

// want fails the test unless a script in the page gives a value.
func (w walk) want(what, script, value string) {
	w.t.Helper()
	if got := w.Script("return " + script); got != value {
		w.t.Errorf("%s: got %q, want %q", what, got, value)
	}
}

// styled fails the test unless the page has its styles.
func (w walk) styled() {
	w.t.Helper()
	w.want("the style of "+w.Address(), `getComputedStyle(document.querySelector("main")).borderTopLeftRadius`, "16px")
}

func (w walk) login(address string) {
	w.Open(address)
	w.Type("#username", "alice@example.com")
	w.Type("#password", Password)
	w.Click("#submit")
}

func (w walk) signIn() {
	w.login(w.client(nil))
	w.Wait("#allow")
	w.styled()
	w.picture("consent")
	w.Click("#allow")
	w.Wait("#arrived")
	if at, err := url.Parse(w.Address()); err != nil || at.Query().Get("code") == "" {
		w.t.Errorf("arrived at %s", w.Address())
	}
	w.Open(w.s.Issuer() + "/oauth2/logout")
	w.Wait("#logout-yes")
	w.picture("sign out")
	w.Click("#logout-yes")
	w.Wait("#logged-out")
	w.styled()
	w.picture("signed out")
	w.Open(w.s.Issuer() + "/")
	w.Wait("#signed-out")
}

func (w walk) wrongPassword() {
	w.Open(w.client(nil))
	w.Type("#username", "alice@example.com")
	w.Type("#password", "wrong")
	w.Click("#show-password")
	w.want("the password after a click on Show", `document.getElementById("password").type`, "text")
	w.picture("shown")
	w.Click("#show-password")
	w.want("the password after a click on Hide", `document.getElementById("password").type`, "password")
	w.Click("#show-password")
	w.Click("#submit")
	w.Wait("#problem")
	w.want("the user name", `document.getElementById("username").value`, "alice@example.com")
	w.want("the password", `document.getElementById("password").value`, "")
	w.want("the password's type", `document.getElementById("password").type`, "password")
	w.want("the focus", `document.activeElement.id`, "password")
	if got := w.Title(); !strings.HasPrefix(got, "Error: ") {
		w.t.Errorf("the title is %q", got)
	}
	w.picture("wrong")
	w.Type("#password", Password)
	w.Click("#submit")
	w.Wait("#allow")
}

func (w walk) signUp() {
	const address = "walker@example.com"
	w.Open(w.client(nil) + "&prompt=create")
	w.Type("#email", address)
	w.picture("address")
	w.Click("#submit")
	w.Wait("#code")
	w.picture("code")
	w.Type("#code", CodeOf(w.t, w.s.Mailed(address, 1)))
	w.Click("#submit")
	w.Wait("#name")
	w.Type("#name", "Walter Walker")
	w.Type("#password", "password1234567")
	w.Click("#submit")
	w.Wait("#problem")
	w.want("the name after a refused password", `document.getElementById("name").value`, "Walter Walker")
	w.picture("account")
	w.Type("#password", Password)
	w.Click("#submit")
	w.Wait("#allow")
	w.Click("#allow")
	w.Wait("#arrived")
}

func (w walk) errorPages() {
	w.Open(strings.Replace(w.client(nil), url.QueryEscape(w.back), url.QueryEscape(w.back+"/"), 1))
	w.Wait("#error")
	w.styled()
	w.picture("redirect")
	if got := w.Title(); !strings.Contains(got, w.Script(`return document.querySelector("h1").textContent`)) {
		w.t.Errorf("the title is %q", got)
	}
	// A host of no tenant has its styles as well.
	w.Open(strings.Replace(w.s.Issuer(), "127.0.0.1", "localhost", 1) + "/login")
	w.Wait("#error")
	w.styled()
	w.picture("no tenant")
}

// logo is a ring on a transparent ground.
func logo(t *testing.T) []byte {
	picture := image.NewNRGBA(image.Rect(0, 0, 96, 96))
	for y := range 96 {
		for x := range 96 {
			if d := (x-48)*(x-48) + (y-48)*(y-48); d < 46*46 && d > 34*34 {
				picture.Set(x, y, color.NRGBA{200, 30, 30, 255})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A logo lies over a letter: it hides it when it comes, and leaves it alone when not.
func (w walk) logos() {
	pictures := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/logo.png":
			rw.Header().Set("Content-Type", "image/png")
			_, _ = rw.Write(logo(w.t))
		case "/broken.png":
			rw.Header().Set("Content-Type", "image/png")
			_, _ = rw.Write([]byte("no picture"))
		default:
			http.NotFound(rw, r)
		}
	}))
	defer pictures.Close()
	at := func(uri string) {
		w.Open(w.client(func(m *provider.Metadata) { m.LogoURI = uri }))
		w.Until("the logo of "+uri+" was tried", func() bool {
			return w.Script(`return document.querySelector(".mark img").complete`) == "true"
		})
	}
	const letter = `getComputedStyle(document.querySelector(".mark .letter")).visibility`
	for name, uri := range map[string]string{"missing": pictures.URL + "/none.png", "broken": pictures.URL + "/broken.png", "unreachable": "https://127.0.0.1:9/logo.png"} {
		at(uri)
		w.Until(name+": the picture is gone", func() bool {
			return w.Script(`var b = document.querySelector(".mark img").getBoundingClientRect(); return b.width * b.height`) == "0"
		})
		w.want(name+": the letter", letter, "visible")
		w.picture("logo " + name)
	}
	at(pictures.URL + "/logo.png")
	w.Until("the letter is covered", func() bool { return w.Script("return "+letter) == "hidden" })
	w.want("the logo's width", `document.querySelector(".mark img").naturalWidth`, "96")
	w.picture("logo")
}

// goBack: pages are fetched again, and say what is the case.
func (w walk) goBack() {
	w.Open(w.s.Issuer() + "/")
	w.login(w.client(func(m *provider.Metadata) { m.ClientName = "Another" }) + "&prompt=login")
	w.Wait("#deny")
	w.Back()
	w.Wait("h1")
	w.styled()
	w.picture("back")
}
