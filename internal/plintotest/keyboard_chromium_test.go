package plintotest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"plinto/internal/chromium"
	"plinto/internal/mailcatcher"
	"plinto/tenant"
)

// heaviest is what a page may weigh, packed and unpacked, with everything that it loads but logos.
const heaviest = 60 << 10

// A typist uses a browser by its keyboard alone.
type typist struct {
	t       *testing.T
	s       *Server
	ctx     context.Context
	scripts bool // of the pages run
}

// TestKeyboard_isEnoughInChromium: sign-up, signing in with a password and an app, a recovery, and
// each form of the account pages, by the keyboard alone, with scripts and without.
func TestKeyboard_isEnoughInChromium(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			t.Parallel()
			k := &typist{t: t, scripts: scripts, s: Start(t, Options{Mail: true, Settings: tenant.Settings{
				SignUp: tenant.SignUp{Enabled: true}, Devices: tenant.Devices{Check: tenant.CheckOff}, MFA: tenant.MFA{Passkeys: tenant.PasskeysOff},
			}})}
			k.ctx = chromium.Start(t, 5*time.Minute)
			// The first step is of the whole time: the browser lives as long as its context.
			if err := chromedp.Do(k.ctx, runScripts(scripts)); err != nil {
				t.Fatal(err)
			}
			k.signsUp()
			k.looksAfterTheAccount()
			secret, codes := k.addsApp()
			k.signsIn(secret)
			k.recovers(codes[0])
			k.leaves()
		})
	}
}

func runScripts(run bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
		return err
	})
}

func (k *typist) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	k.t.Helper()
	soon, cancel := context.WithTimeout(k.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(soon, steps...); err != nil {
		at, _ := chromedp.Run(k.ctx, chromedp.Location())
		text, _ := chromedp.Run(k.ctx, chromedp.Text("body"))
		k.t.Fatalf("%s: %v, at %s: %s", what, err, at, text)
	}
}

func eval[T any](k *typist, expression string) T {
	k.t.Helper()
	got, err := chromedp.Run(k.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		k.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// opens goes to a page below the issuer.
func (k *typist) opens(path, shows string) {
	k.t.Helper()
	k.do("open "+path, chromedp.Navigate(k.s.Issuer()+path))
	k.sees(shows)
}

// sees waits for something on a page, and looks at what the page loaded.
func (k *typist) sees(selector string) {
	k.t.Helper()
	k.do("wait for "+selector, chromedp.WaitVisible(selector))
	var loaded []struct {
		Name           string
		Packed, Plain  int
		Initiator, URL string
	}
	text := eval[string](k, `JSON.stringify([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(
		e => ({Name: e.name, Packed: e.encodedBodySize, Plain: e.decodedBodySize})))`)
	if err := json.Unmarshal([]byte(text), &loaded); err != nil {
		k.t.Fatal(err)
	}
	packed, plain := 0, 0
	for _, l := range loaded {
		if !strings.HasPrefix(l.Name, k.s.Issuer()+"/") {
			k.t.Errorf("%s: is loaded from elsewhere", l.Name)
		}
		packed, plain = packed+l.Packed, plain+l.Plain
	}
	if plain == 0 || plain > heaviest || packed > heaviest {
		k.t.Errorf("%s: the page is %d bytes, %d packed, want at most %d", selector, plain, packed, heaviest)
	}
}

// goesTo moves the focus to an element by the tabulator, and sees that it can be seen there.
func (k *typist) goesTo(selector string) {
	k.t.Helper()
	is := `document.activeElement != null && document.activeElement.matches(` + fmt.Sprintf("%q", selector) + `)`
	for pressed := range 80 {
		if eval[bool](k, is) {
			// What the page itself puts the focus on is shown once the window has it.
			if pressed > 0 && !eval[bool](k, `(s => s.outlineStyle != "none" || s.boxShadow != "none")(getComputedStyle(document.activeElement))`) {
				k.t.Errorf("%s: the focus cannot be seen", selector)
			}
			return
		}
		k.do("tab", chromedp.KeyEvent("\t"))
	}
	k.t.Fatalf("%s cannot be reached by the keyboard at %s", selector, eval[string](k, "location.href"))
}

// types writes into a field, over what is there.
func (k *typist) types(selector, text string) {
	k.t.Helper()
	k.goesTo(selector)
	k.do("clear", chromedp.Evaluate[chromedp.Void](`document.activeElement.select && document.activeElement.select()`))
	k.do("type into "+selector, chromedp.KeyEvent(text))
	if got := eval[string](k, "document.activeElement.value"); got != text {
		k.t.Errorf("%s holds %q, want %q", selector, got, text)
	}
}

// presses uses a button or a link, and waits for what comes.
func (k *typist) presses(selector, shows string) {
	k.t.Helper()
	k.goesTo(selector)
	k.do("press "+selector, chromedp.KeyEvent("\r"))
	k.sees(shows)
}

// code is in the n-th mail that has one, to an address.
func (k *typist) code(to string, n int) string {
	k.t.Helper()
	return CodeOf(k.t, k.s.Mail(func(m mailcatcher.Mail) bool { return m.To == to && HasCode(m) }, n))
}

const (
	typistEmail    = "tess@example.com"
	typistPassword = "walnut kite over dusty harbour"
)

func (k *typist) signsUp() {
	k.opens("/account", "#password")
	k.presses("#sign-up", "#email")
	k.types("#email", typistEmail)
	k.presses("#submit", "#code")
	k.types("#code", k.code(typistEmail, 1))
	k.presses("#submit", "#name")
	k.types("#name", "Tess Typist")
	k.types("#password", "tesstypisttesstypist")
	k.presses("#submit", "#problem")
	k.types("#password", typistPassword)
	k.presses("#submit", "#section-security")
}

// looksAfterTheAccount fills in each form of the account but those of second factors.
func (k *typist) looksAfterTheAccount() {
	k.presses("#section-profile", "#profile-form")
	k.types("#nickname", "Tessie")
	k.presses("#submit", "#notice")
	k.presses("#section-emails", "#add-email")
	k.presses("#add-email", "#email")
	k.types("#email", "second@example.com")
	k.presses("#submit", ".code-form")
	k.types(".code-form [name=code]", k.code("second@example.com", 1))
	k.presses(".code-form .prove", "#notice")
	k.presses("#section-security", "#change-password")
	k.presses("#change-password", "#password-form")
	k.types("#password", typistPassword+"s")
	k.presses("#submit", "#notice")
	k.presses("#section-devices", "#sessions")
	k.presses("#section-apps", "#no-apps")
	k.presses("#section-activity", "#activity")
}

// addsApp adds an authenticator app, names it and gets other recovery codes.
func (k *typist) addsApp() (secret string, codes []string) {
	k.presses("#section-security", "#add-app")
	k.presses("#add-app", "#secret")
	secret = strings.ReplaceAll(eval[string](k, `document.querySelector("#secret").textContent`), " ", "")
	k.types("#code", k.shows(secret, -1))
	k.presses("#submit", "#codes")
	k.presses("#saved", "a.rename")
	k.presses("a.rename", "#rename-form")
	k.types("#name", "Tess's phone")
	k.presses("#submit", "#notice")
	k.presses("#new-codes", "#codes-form")
	k.presses("#submit", "#codes")
	text := eval[string](k, `[...document.querySelectorAll("#codes li")].map(e => e.textContent.trim()).join(" ")`)
	k.presses("#saved", "#codes-left")
	return secret, strings.Fields(text)
}

// shows is what an app shows, some steps from now.
func (k *typist) shows(secret string, steps int) string {
	k.t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		k.t.Fatal(err)
	}
	return code
}

func (k *typist) signsIn(secret string) {
	k.presses("#sign-out", "#logged-out")
	k.opens("/account", "#password")
	k.types("#username", typistEmail)
	k.types("#password", "wrong, all of it")
	k.presses("#submit", "#problem")
	k.types("#password", typistPassword+"s")
	k.presses("#submit", "#code")
	k.types("#code", k.shows(secret, 0))
	k.presses("#submit", "#section-security")
}

func (k *typist) recovers(code string) {
	k.presses("#sign-out", "#logged-out")
	k.opens("/account", "#password")
	k.presses("#forgot", "#recover-form")
	k.types("#username", typistEmail)
	k.presses("#submit", "#code")
	k.types("#code", k.code(typistEmail, 2))
	k.presses("#submit", "#password")
	k.types("#code", code)
	k.types("#password", "pebble "+typistPassword)
	k.presses("#submit", "#section-security")
}

// leaves removes the app, and the account.
func (k *typist) leaves() {
	k.presses("#section-security", "a.remove")
	k.presses("a.remove", "#remove-form")
	k.presses("#submit", "#notice")
	k.presses("#section-profile", "#delete")
	k.presses("#delete", "#delete-form")
	k.presses("#submit", "#deleted")
	if u, err := url.Parse(eval[string](k, "location.href")); err != nil || u.Path != "/account/delete" {
		k.t.Errorf("at %s, %v", u, err)
	}
}
