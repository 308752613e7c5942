package preview_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/internal/web"
	"plinto/ui"
	"plinto/ui/preview"
)

// serve serves a site with one kind of mail.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	s := &preview.Site{Mails: []string{"hello"}, Mail: func(w http.ResponseWriter, _ *http.Request, m preview.Mail) error {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		w.Header().Set("Content-Type", "text/html")
		_, err := io.WriteString(w, "<style>@media (prefers-color-scheme:dark){}</style>"+m.Lang+" "+m.Kind+" "+m.Key+" "+m.Base)
		return err
	}}
	mux := http.NewServeMux()
	s.Routes(func(pattern string, h web.Handler) { mux.Handle(pattern, web.JSON(h)) })
	site := httptest.NewServer(web.Begin(mux, false))
	t.Cleanup(site.Close)
	return site
}

func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// directives are those of a content security policy, by their names.
func directives(res *http.Response) map[string]string {
	all := map[string]string{}
	for d := range strings.SplitSeq(res.Header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
		all[name] = value
	}
	return all
}

// Whatever is in a sample, it is in a sandbox in which no form is sent, that has no origin, and that this server alone may frame;
// nothing of others is loaded.
func TestSite_servesEveryPageInASandbox(t *testing.T) {
	t.Parallel()
	site := serve(t)
	for _, e := range preview.Entries(ui.Page{}) {
		res, body := get(t, site.URL+preview.Path+"/"+e.Slug()+"?lang=ar&theme=dark&brand=berry")
		policy := directives(res)
		sandbox, is := policy["sandbox"]
		want := map[bool]string{true: "allow-scripts"}[e.Scripts]
		if res.StatusCode != http.StatusOK || !is || sandbox != want || policy["frame-ancestors"] != "'self'" || res.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("%s: %d, %q, %q", e.Name, res.StatusCode, res.Header["Content-Security-Policy"], res.Header["X-Frame-Options"])
		}
		if policy["default-src"] != "'none'" || policy["img-src"] != "'self' data:" || policy["frame-src"] != "'none'" || !strings.HasPrefix(policy["script-src"], "'nonce-") {
			t.Errorf("%s: the policy is %q", e.Name, policy)
		}
		if strings.Contains(body, "(prefers-color-scheme") || strings.Contains(body, `content="light dark"`) {
			t.Errorf("%s: the browser's theme shows", e.Name)
		}
	}
}

func TestSite_servesWhatPagesLoad(t *testing.T) {
	t.Parallel()
	site := serve(t)
	for theme, scheme := range map[string]string{"system": "@media (prefers-color-scheme: dark)", "light": "@media not all", "dark": "@media all"} {
		_, body := get(t, site.URL+preview.Path+"/sign-in--own-logo?theme="+theme+"&brand=berry")
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		loads := map[string]int{}
		doc.Find("link[rel=stylesheet], script[src], img[src], source[srcset]").Each(func(_ int, s *goquery.Selection) {
			address := s.AttrOr("src", s.AttrOr("srcset", s.AttrOr("href", "")))
			res, body := get(t, site.URL+address)
			kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
			loads[kind]++
			if res.StatusCode != http.StatusOK || res.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
				t.Errorf("%s: %d, %q", address, res.StatusCode, res.Header)
			}
			if kind == "text/css" && !strings.Contains(body, scheme) {
				t.Errorf("%s of %s has no %q", address, theme, scheme)
			}
		})
		if loads["text/css"] != 2 || loads["image/png"] != 2 || loads["text/javascript"] != 1 {
			t.Errorf("the page loads %v", loads)
		}
	}
	res, body := get(t, site.URL+preview.Path+"/mail/hello?lang=de&theme=light&brand=lagoon")
	if want := "<style>@media not all{}</style>de hello lagoon /dev/preview/of/lagoon/light"; body != want || directives(res)["frame-ancestors"] != "'self'" {
		t.Errorf("the mail is %q, %q", body, res.Header)
	}
	if sandbox, is := directives(res)["sandbox"]; !is || sandbox != "" {
		t.Errorf("the sandbox of a mail is %q", sandbox)
	}
}

func TestSite_knowsNothingElse(t *testing.T) {
	t.Parallel()
	site := serve(t)
	for _, path := range []string{
		"/no-such-page", "/sign-in?lang=xx", "/sign-in?theme=purple", "/sign-in?brand=nobody", "/mail/none", "/mail/hello?lang=xx",
		"/of/berry/purple/assets/x.css", "/of/none/dark/assets/x.css", "/of/nobody/dark/brand/logo-berry.png", "/of/berry/dark/brand/other.png", "/of/none/dark/brand/logo.png",
	} {
		if res, _ := get(t, site.URL+preview.Path+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
	failing := &preview.Site{Tenants: func(context.Context) ([]preview.Brand, error) { return nil, errors.New("no database") }}
	mux := http.NewServeMux()
	failing.Routes(func(pattern string, h web.Handler) { mux.Handle(pattern, web.JSON(h)) })
	broken := httptest.NewServer(web.Begin(mux, false))
	t.Cleanup(broken.Close)
	for _, path := range []string{"", "/sign-in", "/of/none/dark/brand/logo.png"} {
		if res, _ := get(t, broken.URL+preview.Path+path); res.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %d where tenants cannot be read, want 500", path, res.StatusCode)
		}
	}
}

// chosen opens the sheet with what a form sends.
func chosen(t *testing.T, site, query string) *goquery.Document {
	t.Helper()
	res, body := get(t, site+preview.Path+"?"+query)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil || res.StatusCode != http.StatusOK || directives(res)["frame-src"] != "'self'" || directives(res)["frame-ancestors"] != "'none'" {
		t.Fatalf("%s: %d, %v, %q", query, res.StatusCode, err, res.Header["Content-Security-Policy"])
	}
	return doc
}

func TestSheet_showsWhatIsChosen(t *testing.T) {
	t.Parallel()
	site := serve(t)
	if got, want := chosen(t, site.URL, "").Find("iframe").Length(), len(preview.Entries(ui.Page{}))+1; got != want {
		t.Errorf("the sheet has %d frames, want %d", got, want)
	}
	doc := chosen(t, site.URL, "group=Consent+and+organizations&lang=de&lang=ar&theme=dark&width=320&width=1280&brand=berry&scripts=off")
	frames := doc.Find("iframe")
	each := frames.Map(func(_ int, f *goquery.Selection) string { return f.AttrOr("src", "") })
	if rows := doc.Find("section.shots").Length(); rows < 5 || len(each) != rows*4 || slices.ContainsFunc(each, func(src string) bool {
		u, err := url.Parse(src)
		return err != nil || u.Query().Get("theme") != "dark" || u.Query().Get("brand") != "berry" || u.Query().Get("scripts") != "off"
	}) {
		t.Errorf("%d rows have the frames %q", rows, each)
	}
	for _, src := range each {
		if res, _ := get(t, site.URL+src); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", src, res.StatusCode)
		}
	}
	if got := frames.First().AttrOr("width", "") + " " + frames.Last().AttrOr("width", ""); got != "320 1280" {
		t.Errorf("the frames are wide %q", got)
	}
	picked := doc.Find("option[selected], input[checked]").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	if want := []string{"Consent and organizations", "", "de", "ar", "dark", "320", "1280", "berry", "off"}; !slices.Equal(picked, want) {
		t.Errorf("the form shows %q, want %q", picked, want)
	}
	if one := chosen(t, site.URL, "page=mail/hello"); one.Find("iframe").Length() != 1 || one.Find("h2.group").Text() != "Mails" {
		t.Errorf("one mail is %d frames", one.Find("iframe").Length())
	}
	all := chosen(t, site.URL, "lang=en&lang=de&lang=fr&lang=es&lang=ar&lang=ja&theme=light&theme=dark")
	if all.Find("iframe").Length() > 1500 || !strings.Contains(all.Find("#omitted").Text(), "more are chosen") {
		t.Errorf("%d frames, %q", all.Find("iframe").Length(), all.Find("#omitted").Text())
	}
	if odd := chosen(t, site.URL, "lang=xx&theme=%22%3E&width=9&group=x&page=y&brand=z"); odd.Find("iframe").Length() < 200 {
		t.Errorf("what there is not is %d frames", odd.Find("iframe").Length())
	}
}

// In a browser: frames are let in, they have their styles and pictures, whatever the browser prefers, passkeys are shown, and a form
// that is sent goes nowhere.
func TestSite_inChromium(t *testing.T) {
	t.Parallel()
	site, ctx := serve(t), chromium.Start(t, 2*time.Minute)
	prefers := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}})
		return err
	})
	is := func(path, script, want string) {
		t.Helper()
		if err := chromedp.Do(ctx, prefers, chromedp.Navigate(site.URL+preview.Path+path)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise)); err != nil || got != want {
			t.Errorf("%s: %s is %q, %v, want %q", path, script, got, err, want)
		}
	}
	const ground = "getComputedStyle(document.body).backgroundColor"
	is("/sign-in?theme=dark", ground, "rgb(15, 17, 25)")
	is("/sign-in?theme=light", ground, "rgb(243, 244, 248)")
	is("/sign-in", ground, "rgb(243, 244, 248)")
	is("/sign-in--own-logo?theme=dark&brand=berry", `document.getElementById("logo").currentSrc.split("/").pop() + " " + document.getElementById("logo").naturalWidth`, "logo-berry-dark.png 400")
	is("/factor--passkey", `String(document.getElementById("use-passkey").checkVisibility())`, "true")
	is("/factor--passkey?scripts=off", `String(document.getElementById("use-passkey").checkVisibility())`, "false")
	is("/form-post", "location.pathname", preview.Path+"/form-post")
	blocked := func(e log.EventEntryAdded) bool { return strings.Contains(e.Entry.Text, "Blocked form submission") }
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+preview.Path+"/logout")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(log.EntryAdded, blocked, chromedp.Click("#logout-yes"))); err != nil {
		t.Errorf("a form was sent: %v", err)
	}

	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+preview.Path+"?group=Passkeys&width=390&width=1280")); err != nil {
		t.Fatal(err)
	}
	// Lazy frames load when they are near.
	loaded, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`new Promise(done => {
		const frames = [...document.querySelectorAll("iframe")];
		frames.forEach(f => { f.loading = "eager"; f.addEventListener("load", () => { f.loaded = true; if (frames.every(f => f.loaded)) { done(frames.length); } }); f.src = f.src; });
	})`, chromedp.EvalAwaitPromise))
	if err != nil || loaded < 10 {
		t.Fatalf("%d frames have come, %v", loaded, err)
	}
	tree, err := chromedp.Run(ctx, chromedp.Action[[]string](frames))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tree {
		if !strings.HasPrefix(f, site.URL+preview.Path+"/passkey") {
			t.Errorf("a frame shows %q", f)
		}
	}
	if int64(len(tree)) != loaded {
		t.Errorf("%d of %d frames are there", len(tree), loaded)
	}
}

// frames returns the addresses of what is in frames; a refused one has another. Each has a process, as it has no origin.
func frames(ctx context.Context, tab *chromedp.Target) (all []string, err error) {
	found, err := cdp.Call(ctx, tab, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		return nil, err
	}
	for _, f := range found.TargetInfos {
		if f.Type == "iframe" {
			all = append(all, f.URL)
		}
	}
	return all, nil
}
