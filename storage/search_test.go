package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/storage/internal/pg"
)

// searched returns the names of who is found, in order of id.
func (w *world) searched(ctx context.Context, typed string, start bool) (names []string) {
	w.t.Helper()
	search, err := identity.NewSearch(typed, start)
	must(w.t, err)
	found, err := w.users.Find(ctx, identity.UserFilter{Search: search}, keyset.Window{Limit: 100})
	must(w.t, err)
	n, err := w.users.Count(ctx, identity.UserFilter{Search: search})
	must(w.t, err)
	if int(n) != len(found) {
		w.t.Errorf("%q: counted %d, found %d", typed, n, len(found))
	}
	for _, u := range found {
		names = append(names, u.Username)
	}
	return names
}

func TestSearch_findsPartsOfWhatUsersAreCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, u := range []identity.User{
		{Username: "ann", Email: "Ann.Arbor@Example.com", Profile: identity.Profile{Name: "Zoë Müller"}, Kept: &identity.Kept{ExternalID: "CRM_7%x"}},
		{Username: "bea", Email: "bea@corp.test", Profile: identity.Profile{Name: "田中 花子", Nickname: "hidden"}},
		{Username: "cyd", Kept: &identity.Kept{ExternalID: "crm-70x", Private: []byte(`{"secret": "arbor"}`)}},
	} {
		u.ID = uuid.Must(uuid.NewV7())
		must(t, w.users.Create(w.ctx(), u, ""))
	}
	for typed, want := range map[string]string{
		"ann": "ann", "N.ARB": "ann", "arbor": "ann", "example.com": "ann", "müller": "ann", "zoe\u0308": "ann", " crm ": "ann cyd",
		"7%": "", "crm_7%": "ann", "crm_7": "ann", "corp.test": "bea", "hidden": "", "secret": "", "nobody": "", `crm\`: "",
		"an": "ann", "nn": "", "田中": "bea", "example.com\\": "", "cyd": "cyd", "comann": "",
	} {
		if got := strings.Join(w.searched(w.ctx(), typed, false), " "); got != want {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
	for typed, want := range map[string]string{"ann": "ann", "arbor": "", "crm": "ann cyd", "c": "ann cyd", "bea@": "bea"} {
		if got := strings.Join(w.searched(w.ctx(), typed, true), " "); got != want {
			t.Errorf("%q starts %q, want %q", typed, got, want)
		}
	}
	for _, typed := range []string{"", " ", "%", "_@.", "a\x00b"} {
		if _, err := identity.NewSearch(typed, false); err == nil {
			t.Errorf("%q can be searched for", typed)
		}
	}
}

// The function acts as who owns the tables, whom forced row-level security binds too unless they are
// a superuser: they find their tenant's users, and nobody else's.
func TestSearch_findsNobodyOfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.users.Create(w.ctx(), identity.User{ID: uuid.New(), Username: "victim"}, ""))
	must(t, w.users.Create(w.other(), identity.User{ID: uuid.New(), Username: "victor"}, ""))
	look := func(whose string) {
		if got := fmt.Sprint(w.searched(w.ctx(), "vict", false), w.searched(w.other(), "vict", false)); got != "[victim] [victor]" {
			t.Errorf("owned by %s, found %s", whose, got)
		}
		id := w.tenants[0].ID.String()
		if n := w.foundBehind(id); n != 1 {
			t.Errorf("owned by %s, the function returns %d ids, want 1", whose, n)
		}
	}
	look("a superuser")
	owner := "owner_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	w.sql(`CREATE ROLE ` + owner)
	w.sql(`GRANT CREATE ON SCHEMA public TO ` + owner)
	w.sql(`ALTER TABLE users OWNER TO ` + owner)
	w.sql(`ALTER POLICY search ON users TO ` + owner)
	w.sql(`ALTER FUNCTION find_users OWNER TO ` + owner)
	look("a role that row-level security binds")
	t.Cleanup(func() { w.sql(`REASSIGN OWNED BY ` + owner + ` TO CURRENT_USER`) })
	if _, err := w.platform.Exec(t.Context(), `SELECT find_users('vict', false, NULL, NULL, false, NULL)`); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("upkeep may search: %v", err)
	}
}

// foundBehind asks the function as the server's role does, without the policy of the table above it.
func (w *world) foundBehind(id string) (n int) {
	w.t.Helper()
	err := pgx.BeginFunc(w.t.Context(), w.app, func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.t.Context(), `SELECT set_config('plinto.tenant', $1, true)`, id); err != nil {
			return err
		}
		return tx.QueryRow(w.t.Context(), `SELECT count(*) FROM find_users('vict', false, NULL, $1, false, NULL)`, uuid.Nil).Scan(&n)
	})
	must(w.t, err)
	return n
}

func TestSearch_goesOnWhereThePageEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []uuid.UUID
	for i := range 9 {
		u := identity.User{ID: uuid.Must(uuid.NewV7()), Username: fmt.Sprintf("walker%d", i)}
		must(t, w.users.Create(w.ctx(), u, ""))
		want = append(want, u.ID)
	}
	must(t, w.users.Create(w.ctx(), identity.User{ID: uuid.Must(uuid.NewV7()), Username: "runner"}, ""))
	filter := identity.UserFilter{Search: identity.Search{Text: "alker"}}
	for _, descending := range []bool{false, true} {
		var got []uuid.UUID
		for window := (keyset.Window{Limit: 4, Descending: descending}); ; window.After = got[len(got)-1] {
			rows, err := w.users.Find(w.ctx(), filter, window)
			must(t, err)
			page, more := keyset.Show(window, rows)
			for i := range page {
				got = append(got, page[i].ID)
			}
			if !more {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("descending %t: got %v, want %v", descending, got, want)
		}
		slices.Reverse(want)
	}
}

// Whoever is rare is found by the index, among however many others: no search reads a whole table.
func TestSearch_readsNoWholeTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range w.tenants {
		w.sql(`INSERT INTO users (tenant_id, id, username, email)
			SELECT $1::text::uuid, md5($1::text || n)::uuid, 'user' || n, md5(n::text) || '@example.com' FROM generate_series(1, 20000) n`, w.tenants[i].ID.String())
	}
	w.sql(`ANALYZE users`)
	for typed, want := range map[string]int{"user19999": 1, "example": 21, "nosuchthing": 0, "user1": 21} {
		for _, start := range []bool{false, true} {
			var sequential, found int
			err := w.db.InTx(w.ctx(), func(ctx context.Context) error {
				users, err := w.users.Find(ctx, identity.UserFilter{Search: identity.Search{Text: typed, Start: start}}, keyset.Window{Limit: 20, Descending: true})
				if err != nil {
					return err
				}
				found = len(users)
				sequential, err = pg.One(ctx, w.db, pgx.RowTo[int], `SELECT seq_scan::int FROM pg_stat_xact_user_tables WHERE relname = 'users'`)
				return err
			})
			must(t, err)
			if found != want && (typed != "example" || !start) || sequential > 0 {
				t.Errorf("%q at the start %t: found %d in %d scans of the whole table, want %d in 0", typed, start, found, sequential, want)
			}
		}
	}
}
