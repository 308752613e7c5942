package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// schemas is how many tenants with a schema TestSchemas makes. By hand: make bench-schemas.
var schemas = flag.Int("schemas", 0, "how many schemas of tenants TestSchemas migrates, while a server runs")

// schemasWithin is how long 1000 may take to get one more column.
const schemasWithin = 120 * time.Second

// oneColumn takes the column away that migration 0042 adds to every table of users.
const oneColumn = `
DO $$
DECLARE place text;
BEGIN
    FOR place IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$' LOOP
        EXECUTE format('ALTER TABLE %I.users DROP COLUMN reset_at', place);
        EXECUTE format('DELETE FROM %I.schema_migrations WHERE name = ''0042_note_resets_by_mail''', place);
    END LOOP;
END $$`

// Every schema of a tenant gets one more column while a server answers for all of them.
func TestSchemas_getAColumnWhileServersRun(t *testing.T) {
	if *schemas == 0 {
		t.Skip("it makes many schemas: -args -schemas 1000")
	}
	server, owner := storagetest.URL(t)
	s := newSite(t, server)
	s.env = append(s.env, "PLINTO_MIGRATE_DATABASE_URL="+owner)
	store := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	began := time.Now()
	work, failed := make(chan int), make(chan error, 4)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range work {
				made := testworld.Tenant(fmt.Sprintf("own-%d", n), func(t *tenant.Tenant) { t.Host, t.Issuer, t.Placement.Isolation = "", "", tenant.Schema })
				if _, err := storagetest.Registry(store).Create(t.Context(), made); err != nil {
					failed <- err
					break
				}
			}
		})
	}
	for n := range *schemas {
		select {
		case work <- n:
		case err := <-failed:
			t.Fatal(err)
		}
	}
	close(work)
	all.Wait()
	t.Logf("%d schemas were made in %s", *schemas, time.Since(began).Round(time.Second))
	conn := storagetest.Owner(t, owner)
	if _, err := conn.Exec(t.Context(), oneColumn); err != nil {
		t.Fatal(err)
	}

	_, address := s.serve()
	ctx, stop := context.WithCancel(t.Context())
	var answered, refused atomic.Int64
	var first atomic.Value
	var asking sync.WaitGroup
	asking.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+fmt.Sprintf("/t/own-%d/.well-known/openid-configuration", n%*schemas), nil)
			if err != nil {
				refused.Add(1)
				continue
			}
			r.Host = "localhost" // as its public URL says
			answer, err := http.DefaultClient.Do(r)
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				refused.Add(1)
				first.CompareAndSwap(nil, err.Error())
			case answer.StatusCode != http.StatusOK:
				refused.Add(1)
				text, _ := io.ReadAll(answer.Body)
				first.CompareAndSwap(nil, fmt.Sprintf("%s %.300s", answer.Status, text))
			default:
				answered.Add(1)
			}
			if err == nil {
				_ = answer.Body.Close()
			}
		}
	})
	began = time.Now()
	s.ok("migrate")
	took := time.Since(began)
	stop()
	asking.Wait()
	t.Logf("%d schemas got a column in %s, while the server answered %d requests and refused %d", *schemas, took.Round(100*time.Millisecond), answered.Load(), refused.Load())
	if allowed := schemasWithin * time.Duration(max(*schemas, 100)) / 1000; took > allowed {
		t.Errorf("want at most %s", allowed)
	}
	if refused.Load() > 0 || answered.Load() == 0 {
		t.Errorf("the server did not answer all that it was asked, first: %v", first.Load())
	}
	var lacking int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace n WHERE nspname ~ '^tenant_' AND NOT EXISTS (
		SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'reset_at' AND NOT a.attisdropped WHERE c.relnamespace = n.oid AND c.relname = 'users')`).Scan(&lacking); err != nil || lacking > 0 {
		t.Errorf("%d schemas lack it (%v)", lacking, err)
	}
}
