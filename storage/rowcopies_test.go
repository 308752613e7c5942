package storage

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"

	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A neighbour is a process that shares copies of clients with others.
type neighbour struct {
	w       *world
	heard   *memory.Announcements
	clients *Clients
}

// neighbour starts one, which listens.
func (w *world) neighbour(root secret.Root) *neighbour {
	w.t.Helper()
	n := &neighbour{w: w, heard: memory.NewAnnouncements()}
	shared, err := newShared(w.redis, root, n.heard)
	must(w.t, err)
	n.clients = newClients(pg.NewDB(w.app), copyOptions{heard: heardBy(n.heard, nil), shared: shared})
	l := pg.NewListener(w.platform.Config().ConnConfig, n.heard, slog.New(slog.DiscardHandler))
	l.On("clients", n.clients.cache.Invalidate)
	l.OnMissed(n.clients.cache.RevalidateAll)
	go l.Run(w.t.Context())
	w.within(time.Minute, "it listens", n.heard.Current)
	n.hears()
	return n
}

// hears waits until it was told of everything that was committed before.
func (n *neighbour) hears() {
	n.w.t.Helper()
	now := time.Now()
	n.w.within(time.Minute, "it hears", func() bool {
		n.heard.Ask()
		return n.heard.Current() && n.heard.UpTo().After(now)
	})
}

// disabled reports what it takes a client for, and whether it read a row for it.
func (n *neighbour) disabled(id string) (disabled, read bool) {
	n.w.t.Helper()
	var c *provider.Client
	statements := n.w.counted.Count(func() {
		var err error
		c, err = n.clients.ByClientID(n.w.ctx(), id)
		must(n.w.t, err)
	})
	return !c.DisabledAt.IsZero(), statements > 0
}

// forgets has it read the client again, as if it had made room.
func (n *neighbour) forgets() { n.clients.cache.InvalidateAll(); n.hears() }

// copies returns what Redis holds of rows, by key.
func (w *world) copies() map[string]string {
	w.t.Helper()
	keys, err := w.redis.direct().Keys(w.t.Context(), "plinto:*:copy:*").Result()
	must(w.t, err)
	all := map[string]string{}
	for _, k := range keys {
		value, err := w.redis.direct().Get(w.t.Context(), k).Result()
		if err != redis.Nil { //nolint:errorlint // as it comes
			must(w.t, err)
			all[k] = value
		}
	}
	return all
}

// shared returns two processes of which one took the copy of a client that the other put into Redis. It may take more
// than one: as long as an older transaction is open anywhere on the server, it is not known what a copy has.
func (w *world) shared() (here, there *neighbour, client, name string, copied map[string]string) {
	w.t.Helper()
	root, _ := secret.NewRoot()
	here, there = w.neighbour(root), w.neighbour(root)
	id := w.client().String()
	name = "c" + id
	w.within(time.Minute, "a copy is taken", func() bool {
		there.forgets()
		here.forgets()
		must(w.t, w.redis.direct().FlushDB(w.t.Context()).Err())
		here.disabled(name)
		w.within(time.Minute, "the copy is in Redis", func() bool { copied = w.copies(); return len(copied) == 1 })
		disabled, read := there.disabled(name)
		return !disabled && !read
	})
	return here, there, id, name, copied
}

// What one process read the others take from Redis, until it changes.
func TestRowCopies_savesTheOthersAStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, there, id, name, _ := w.shared()
	w.sql(`UPDATE clients SET disabled_at = now() WHERE id = $1`, id)
	there.hears()
	if disabled, read := there.disabled(name); !disabled || !read {
		t.Errorf("after the change: disabled %v, read %v; want the row", disabled, read)
	}
}

// CAC-11: whoever puts an older copy back, or keeps one that a transaction was about to end, brings nobody back.
func TestRowCopies_olderCopiesAreNotTaken_CAC_11(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there, id, name, copied := w.shared()
	w.sql(`UPDATE clients SET disabled_at = now() WHERE id = $1`, id)
	there.hears()
	for range 3 {
		for k, v := range copied {
			must(t, w.redis.direct().Set(t.Context(), k, v, time.Minute).Err())
		}
		there.forgets()
		if disabled, _ := there.disabled(name); !disabled {
			t.Fatal("a copy that was put back is taken")
		}
	}
	w.sql(`UPDATE clients SET disabled_at = NULL WHERE id = $1`, id)
	here.hears()
	here.forgets()

	changing, err := w.owner.Begin(t.Context())
	must(t, err)
	_, err = changing.Exec(t.Context(), `UPDATE clients SET disabled_at = now() WHERE id = $1`, id)
	must(t, err)
	w.user() // a transaction that began later is over earlier
	must(t, w.redis.direct().FlushDB(t.Context()).Err())
	here.disabled(name)
	w.within(time.Minute, "the copy is in Redis", func() bool { return len(w.copies()) == 1 })
	must(t, changing.Commit(t.Context()))
	there.hears()
	there.hears() // a question that was sent after it heard
	if disabled, _ := there.disabled(name); !disabled {
		t.Error("a copy from before a change is taken, because another transaction was over then")
	}
}

// CAC-12: what was not sealed for its key is not read, and what is there tells nothing.
func TestRowCopies_copiesAreSealedForTheirKey_CAC_12(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	box, err := secret.NewBox([32]byte{1})
	must(t, err)
	s, mine, others := &rowCopies{w.redis, box}, w.tenants[0].ID, w.tenants[1].ID
	s.Put(t.Context(), mine, "a client", []byte("the client"))
	s.Put(t.Context(), mine, "another", []byte("another client"))
	s.Put(t.Context(), others, "a client", []byte("another tenant"))
	key := rowCopyKey(mine, "a client")
	if got, ok := s.Find(t.Context(), mine, "a client"); !ok || string(got) != "the client" {
		t.Fatalf("found %q", got)
	}
	for k, v := range w.copies() {
		if !strings.HasPrefix(k, "plinto:{"+mine.String()+"}:") && !strings.HasPrefix(k, "plinto:{"+others.String()+"}:") {
			t.Errorf("the key %s does not begin with its tenant", k)
		}
		if strings.Contains(k, "client") || strings.Contains(v, "client") {
			t.Errorf("%s tells what it is about: %q", k, v)
		}
	}
	for what, value := range map[string]string{
		"of another client": w.copies()[rowCopyKey(mine, "another")], "of another tenant": w.copies()[rowCopyKey(others, "a client")],
		"in clear": "the client", "cut": w.copies()[key][:20], "": "",
	} {
		must(t, w.redis.direct().Set(t.Context(), key, value, time.Minute).Err())
		if got, ok := s.Find(t.Context(), mine, "a client"); ok {
			t.Errorf("a copy %s is read: %q", what, got)
		}
	}
}

// Codecs lose nothing of a value, and a tenant with a database of its own stays in the process.
func TestRowCopies_codecsLoseNothing(t *testing.T) {
	t.Parallel()
	client, where, servers := new(provider.Client), new(tenant.Tenant), make([]provider.ResourceServer, 2)
	fill(reflect.ValueOf(client).Elem(), 1)
	fill(reflect.ValueOf(where).Elem(), 1)
	fill(reflect.ValueOf(servers), 1)
	if text, err := new(Tenants).codec().Encode(where); err == nil { // filled in, it cannot be read
		t.Errorf("a tenant that cannot be read leaves the process: %s", text)
	}
	where.Placement, where.Unreadable = tenant.Placement{Isolation: tenant.Schema}, ""
	same(t, clientCodec(), client)
	root, _ := secret.NewRoot()
	sealed, err := root.SealKeys(where.ID, secret.NewKeys())
	must(t, err)
	where.Keys = sealed
	same(t, (&Tenants{root: root}).codec(), where)
	same(t, jsonCodec[[]provider.ResourceServer](1), servers)
	where.Placement = tenant.Placement{Isolation: tenant.Database, Database: secret.NewString("postgres://a:b@c/d")}
	if text, err := new(Tenants).codec().Encode(where); err == nil {
		t.Errorf("the URL of a tenant's database leaves the process: %s", text)
	}
	if _, err := clientCodec().Decode([]byte(`{}`)); err == nil {
		t.Error("nothing is a client")
	}
}

func same[V any](t *testing.T, c memory.Codec[V], v V) {
	t.Helper()
	text, err := c.Encode(v)
	must(t, err)
	back, err := c.Decode(text)
	must(t, err)
	if diff := cmp.Diff(v, back, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(secret.String{})); diff != "" {
		t.Errorf("%T: %s", v, diff)
	}
}

// fill gives everything in v a value that is not zero, and of each kind another one.
func fill(v reflect.Value, n int) int {
	switch v.Kind() { //nolint:exhaustive // others are in none of these types
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMicro(1_700_000_000_000_001 + int64(n))))
			return n + 1
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n = fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(fmt.Sprintf(`{"n":%d}`, n)))
			return n + 1
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		for i := range v.Len() {
			n = fill(v.Index(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			n = fill(v.Index(i), n)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		n = fill(value, fill(key, n))
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(n%100) + 1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n%100) + 1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(n))
	}
	return n + 1
}
