package plintotest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/testservice"
	"plinto/storage/storagetest"
)

// pagesFromReplicas are the account pages that replicas answer. Those with passkeys and addresses are not
// among them: browsers forget passkeys that are not listed, and codes are asked for what is.
var pagesFromReplicas = []string{"/account/activity", "/account/apps", "/account/devices"}

// REP-04: account pages come from replicas where they only show something, and a browser sees there what it
// changed, at whatever replica; a session that is new is not missing in the list of sessions.
func TestReplicas_showAccountPages(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	f := follow(t, func(_ *following, o *Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	client, _ := f.Client(web("https://rp.example/cb"))
	f.User("ann@example.com")
	signIn := func() *Browser {
		b := f.Browser()
		b.SignIn(f.AuthorizeURL(client, url.Values{"prompt": {"consent"}}), "ann@example.com")
		return b
	}
	b, other := signIn(), signIn()
	f.caughtUp()
	before := f.state().Answered
	if p := b.Open(f.Issuer() + "/account/devices"); p.URL.Path != "/account/devices" || f.state().Answered != before {
		t.Errorf("at %s; of a session that has just begun a replica was asked", p.URL)
	}
	ahead.Store(int64(2 * time.Minute))
	var found []string
	for _, page := range strings.Fields("/account /account/profile /account/emails /account/security /account/devices /account/apps /account/activity") {
		before := f.state().Answered
		if p := b.Open(f.Issuer() + page); p.Status != http.StatusOK || p.URL.Path != page {
			t.Errorf("%s: %d at %s", page, p.Status, p.URL)
		}
		if f.state().Answered > before {
			found = append(found, page)
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(pagesFromReplicas, found); diff != "" {
		t.Errorf("pages that replicas answer (-want +got):\n%s", diff)
	}

	f.replica.PauseReplay(t)
	apps := b.Open(f.Issuer() + "/account/apps")
	if apps.Doc.Find("#apps > li").Length() != 1 {
		t.Fatalf("no app to take access from: %q", apps.Doc.Find("main").Text())
	}
	form := url.Values{"id": {apps.Doc.Find("#apps [name=id]").AttrOr("value", "")}, "csrf": {apps.Doc.Find("[name=csrf]").First().AttrOr("value", "")}}
	if p := b.Post(f.Issuer()+"/account/apps", form); p.Doc.Find("#no-apps").Length() != 1 {
		t.Errorf("who took the access away is shown it: %q", p.Doc.Find("main").Text())
	}
	if p := other.Open(f.Issuer() + "/account/apps"); p.Doc.Find("#apps > li").Length() != 1 {
		t.Error("a browser that changed nothing is not answered by the replica: this test shows nothing")
	}
	f.caughtUp()
	before = f.state().Answered
	if p := b.Open(f.Issuer() + "/account/apps"); p.Doc.Find("#no-apps").Length() != 1 || f.state().Answered == before {
		t.Error("a replica that has caught up is not asked, or shows what is gone")
	}
	if s := f.state(); s.Refused > 0 {
		t.Errorf("%d writes were sent to the replica", s.Refused)
	}
}

// Of several replicas those that are near enough answer; one that stops replaying is left out until it has
// caught up, and without any the primary answers.
func TestReplicas_standInForEachOther(t *testing.T) {
	t.Parallel()
	var second *testservice.PostgresServer
	f := follow(t, func(f *following, o *Options) {
		second = f.primary.NewReplica(t)
		o.Replicas, o.ReplicaLag = append(o.Replicas, second.AsRole(storagetest.LoginRole)), 2*time.Second
	})
	out := func(of *testservice.PostgresServer) (string, uint64) {
		for _, s := range f.Store.Replicas() {
			if strings.HasSuffix(s.Name, ":"+of.Port()) {
				return s.Out, s.Answered
			}
		}
		t.Fatal("no such replica")
		return "", 0
	}
	used := func(of *testservice.PostgresServer) func() bool {
		return func() bool {
			_, before := out(of)
			for range 4 {
				f.is(http.StatusOK, http.MethodGet, "/users?limit=1", "")
			}
			_, after := out(of)
			return after > before
		}
	}
	Eventually(t, "the first is asked", used(f.replica))
	Eventually(t, "the second is asked", used(second))
	f.replica.PauseReplay(t)
	Eventually(t, "the one that does not replay is out", func() bool {
		f.User("u" + time.Now().Format("150405.000000000") + "@example.com") // the primary goes on
		why, _ := out(f.replica)
		return strings.Contains(why, "behind")
	})
	if used(f.replica)() || !used(second)() {
		t.Error("the one that is behind is asked, or the other is not")
	}
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	f.is(http.StatusOK, http.MethodGet, "/users?limit=1", "")
	f.is(http.StatusOK, http.MethodGet, "/users?limit=1", "")
	if why, _ := out(second); why == "" {
		t.Error("one that is gone counts as well")
	}
	f.replica.ResumeReplay(t, f.primary)
	Eventually(t, "the first is asked again", used(f.replica))
}
