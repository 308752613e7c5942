package explain

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plinto/event"
	"plinto/internal/web"
	"plinto/tenant"
)

func TestExplain_prefersTheErrorsOwnCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, detail, want string }{
		{"invalid_client", "wrong_secret", "The client secret is wrong"},
		{"invalid_client", "", "could not be authenticated"},
		{"code_spent", "", "used before"},
		{"brand_new", "", "brand_new"},
	} {
		got := Explain(&Trail{Code: c.code, Detail: c.detail, Status: 400}, nil, nil)
		if !strings.Contains(got.Cause, c.want) || Known(c.code, c.detail) == (c.code == "brand_new") {
			t.Errorf("%s, %s: got %q", c.code, c.detail, got.Cause)
		}
	}
}

func TestExplain_ofAFailedSignInNamesWhatThePageMustNot(t *testing.T) {
	t.Parallel()
	for reason := range failureWords {
		got := Explain(&Trail{Code: "sign_in_refused", Status: 401}, []event.Event{{Fact: event.SignInFailed{}, Outcome: "failure", Reason: reason}}, nil)
		if got.Cause != failureWords[reason] {
			t.Errorf("%s: got %q", reason, got.Cause)
		}
	}
}

func TestExplain_showsTheOtherRequestsOfTheFlowOnly(t *testing.T) {
	t.Parallel()
	mine := Trail{RequestID: "mine", Flow: "f", Decided: []web.Decided{{Step: "consent", Why: "no_consent", Facts: map[string]string{"acr_values": "x"}}}}
	got := Explain(&mine, nil, []Trail{mine, {RequestID: "other", Method: "GET", Route: "/consent", Code: "flow_expired", Status: 400}})
	if len(got.Flow) != 1 || !strings.Contains(got.Flow[0], "other") || !strings.Contains(got.Flow[0], "flow_expired") {
		t.Errorf("got %v", got.Flow)
	}
	if want := "ask what the application may do, because the user has not allowed"; len(got.Decisions) != 1 || !strings.HasPrefix(got.Decisions[0], want) || !strings.Contains(got.Decisions[0], "(acr values: x)") {
		t.Errorf("got %v", got.Decisions)
	}
}

// kept holds what a recorder stored.
type kept struct {
	Trails
	mu    sync.Mutex
	all   []Trail
	calls int
	fail  error
}

func (k *kept) Keep(_ context.Context, all []Trail) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all, k.calls = append(k.all, all...), k.calls+1
	return k.fail
}

func TestRecorder_storesInBatchesAndWhatIsLeftAtTheEnd(t *testing.T) {
	t.Parallel()
	k := &kept{}
	r := NewRecorder(k, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	of := tenant.ID(uuid.New())
	for range perTenant.Burst {
		r.Take(Trail{Tenant: of, At: time.Now()})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.Run(ctx)
	if len(k.all) != perTenant.Burst || k.calls > 3 {
		t.Errorf("%d trails in %d statements, want %d in a few", len(k.all), k.calls, perTenant.Burst)
	}
}

// One tenant whose clients fail all the time takes no place from another.
func TestRecorder_boundsWhatOneTenantKeeps(t *testing.T) {
	t.Parallel()
	k := &kept{fail: errors.New("down")}
	r := NewRecorder(k, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	loud, quiet, now := tenant.ID(uuid.New()), tenant.ID(uuid.New()), time.Now()
	for range 10 * waiting {
		r.Take(Trail{Tenant: loud, At: now})
	}
	for range 10 * strangers.Burst {
		r.Take(Trail{At: now}) // of no tenant
	}
	r.Take(Trail{Tenant: quiet, At: now})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.Run(ctx)
	of := map[tenant.ID]int{}
	for _, one := range k.all {
		of[one.Tenant]++
	}
	if of[loud] != perTenant.Burst || of[quiet] != 1 || of[tenant.ID{}] != strangers.Burst {
		t.Errorf("%d of the loud tenant, %d of the quiet one and %d of no tenant, want %d, 1 and %d", of[loud], of[quiet], of[tenant.ID{}], perTenant.Burst, strangers.Burst)
	}
	if got := testutil.ToFloat64(r.dropped); got != float64(10*waiting+10*strangers.Burst+1) { // those beyond, and those that could not be stored
		t.Errorf("%v were counted as dropped", got)
	}
}

// Every code that an error of the server can have is explained.
func TestWords_knowEveryCodeOfTheSource(t *testing.T) {
	t.Parallel()
	made := regexp.MustCompile(`fault\.New\(fault\.\w+, "(\w+)"|[cC]ode: *"([a-z_]+)"|efus(?:e|al)\("([a-z_]+)"|nvalidClient\(ctx, "([a-z_]+)"`)
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"plintotest", "conformance", "scripts", "testdata", "node_modules", ".git"}, d.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			code := cmp.Or(m[1], m[2], m[3], m[4])
			if found++; !Known(code, code) && !slices.Contains(untold, code) {
				t.Errorf("%s: no words for %s", path, code)
			}
		}
		return err
	})
	if err != nil || found < 100 {
		t.Errorf("found %d codes, %v", found, err)
	}
}

// untold are codes that no request is refused with: of steps that go on, and of commands.
var untold = []string{"refused", "keys", "request_unknown"}
