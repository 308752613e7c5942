package manifest_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
)

// word is in each user and member that is written.
const word = "email: "

// A weigher counts what is written, and looks now and then how much memory is in use.
type weigher struct {
	written, looked, users int
	end                    string // of what was written before: a word may be in two writes

	most uint64 // bytes of the heap that are in use
}

func (w *weigher) Write(p []byte) (int, error) {
	w.written += len(p)
	text := w.end + string(p)
	w.users += strings.Count(text, word)
	w.end = text[max(0, len(text)-len(word)+1):]
	if w.written-w.looked > 1<<20 {
		w.looked = w.written
		w.most = max(w.most, inUse())
	}
	return len(p), nil
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// However many users and members there are, an export holds a page of them.
func TestExport_holdsAPage(t *testing.T) { // not parallel: it measures memory
	s := newScene(t)
	s.apply("tenants: [{slug: acme, name: Acme, organizations: [{slug: crowd, name: Crowd}]}]", false)
	const users = 30000
	for _, sql := range []string{
		`INSERT INTO users (tenant_id, id, email, profile) SELECT t.id, gen_random_uuid(), 'user' || n || '@example.com', jsonb_build_object('name', repeat('n', 200))
			FROM tenants t CROSS JOIN generate_series(1, 30000) n WHERE t.slug = 'acme'`,
		`INSERT INTO memberships (tenant_id, organization_id, user_id) SELECT o.tenant_id, o.id, u.id FROM organizations o JOIN users u ON u.tenant_id = o.tenant_id`,
	} {
		if _, err := s.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	before := inUse()
	var w weigher
	if err := manifest.Export(t.Context(), s.target, &w, true); err != nil {
		t.Fatal(err)
	}
	if w.users != 2*users {
		t.Errorf("%d users and members were written, want %d", w.users, 2*users)
	}
	if w.most == 0 || w.most > before+(8<<20) {
		t.Errorf("it held %d KiB more than before, of %d KiB that were written", (int64(w.most)-int64(before))>>10, w.written>>10)
	}
}

var errFull = errors.New("the disk is full")

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// An export that cannot be written says so, and does not go on.
func TestExport_endsWhereItCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(string(read(t, "good.yaml")), false)
	for _, left := range []int{0, 300} {
		if err := manifest.Export(t.Context(), s.target, &full{left}, true); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}
