package domain_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/net/dns/dnsmessage"

	"plinto/event"
	"plinto/internal/keyset"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A zone is a DNS server on loopback, with TXT records.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	broken  bool // answers SERVFAIL
	asked   []string
}

func (z *zone) set(name string, texts ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.records[strings.ToLower(name)] = texts
}

func (z *zone) breaks(broken bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.broken = broken
}

// serve answers until the test is over, and returns a resolver that asks it.
func (z *zone) serve(t *testing.T) *domain.DNS {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := z.answer(buffer[:n]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &domain.DNS{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}}
}

func (z *zone) answer(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	z.asked = append(z.asked, name)
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	texts, there := z.records[name]
	switch {
	case z.broken:
		m.RCode = dnsmessage.RCodeServerFailure
	case !there:
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range texts {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.TXTResource{TXT: []string{text}},
		})
	}
	return m.Pack()
}

// A world is the service of a tenant on a real store and a real DNS.
type world struct {
	*domain.Service
	*zone
	t             *testing.T
	store         *storage.Store
	owner         *pgx.Conn
	organizations *organization.Service
	ctx           context.Context //nolint:containedctx // a test is one context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, zone: &zone{records: map[string][]string{}}}
	w.store, w.owner = storagetest.WithOwner(t)
	w.ctx = storagetest.Tenant(t, w.store, "a")
	w.organizations = &organization.Service{Organizations: w.store.Organizations, Writes: w.store.Organizations, Roles: &organization.RoleService{Store: w.store.Roles, Outbox: w.store.Outbox, Tx: w.store.DB}, Outbox: w.store.Outbox, Tx: w.store.DB}
	w.Service = &domain.Service{Domains: w.store.Domains, Resolver: w.serve(t), Outbox: w.store.Outbox, Tx: w.store.DB}
	return w
}

func (w *world) organization() uuid.UUID {
	w.t.Helper()
	o, err := w.organizations.Create(w.ctx, organization.Organization{Slug: "o" + uuid.NewString(), Name: "Acme"})
	must(w.t, err)
	return o.ID
}

func (w *world) add(org uuid.UUID, name string) domain.Domain {
	w.t.Helper()
	d, err := w.Add(w.ctx, org, name)
	must(w.t, err)
	return d
}

func (w *world) publish(d domain.Domain) {
	w.set(d.Record(tenant.DefaultDomainLabel), "v=spf1 -all", d.Token)
}

func (w *world) told(of event.Fact) (n int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, string(of.Type())).Scan(&n))
	return n
}

// warned wants it told that a domain lapses, with those numbers of days left.
func (w *world) warned(days string) {
	w.t.Helper()
	var told string
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT coalesce(string_agg(data ->> 'days', ' ' ORDER BY (data ->> 'days')::int DESC), '') FROM audit_log WHERE type = $1`,
		string(event.DomainLapsing{}.Type())).Scan(&told))
	if told != days {
		w.t.Errorf("told of %q days, want %q", told, days)
	}
}

// long makes the last look at all domains one of some time ago.
func (w *world) long() {
	w.t.Helper()
	_, err := w.owner.Exec(w.ctx, `UPDATE organization_domains SET checked_at = checked_at - interval '8 days'`)
	must(w.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDomain_isVerifiedByItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := w.organization()
	d := w.add(org, "BÜCHER.example.")
	if d.Name != "xn--bcher-kva.example" {
		t.Errorf("stored as %q", d.Name)
	}
	if _, err := w.Verify(w.ctx, org, d.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("without a record: %v", err)
	}
	w.set(d.Record(tenant.DefaultDomainLabel), "plinto-domain-verification=other")
	if _, err := w.Verify(w.ctx, org, d.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("with another token: %v", err)
	}
	w.breaks(true)
	if _, err := w.Verify(w.ctx, org, d.ID); !errors.Is(err, domain.ErrUnreachable) {
		t.Errorf("with a broken DNS: %v", err)
	}
	w.breaks(false)
	w.publish(d)
	for range 2 { // the second time nothing changes
		got, err := w.Verify(w.ctx, org, d.ID)
		if err != nil || !got.Verified() || got.Failures != 0 {
			t.Errorf("with the record: %+v, %v", got, err)
		}
	}
	if owner, err := w.Domains.Verified(w.ctx, d.Name); err != nil || owner != org {
		t.Errorf("the domain is %v's, %v", owner, err)
	}
	if v, f := w.told(event.DomainVerified{}), w.told(event.DomainFailed{}); v != 1 || f != 3 {
		t.Errorf("%d events of success and %d of failure, want 1 and 3", v, f)
	}
}

// The label is the tenant's own.
func TestDomain_isLookedUpUnderTheLabelOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := *tenant.Must(w.ctx)
	own.Settings.DomainLabel = "_acme"
	ctx := tenant.With(w.ctx, &own)
	org := w.organization()
	d := w.add(org, "corp.example")
	w.publish(d)
	if _, err := w.Verify(ctx, org, d.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("with the record under the usual label: %v", err)
	}
	w.set("_acme.corp.example", d.Token)
	if _, err := w.Verify(ctx, org, d.ID); err != nil {
		t.Errorf("under the label: %v", err)
	}
}

func TestDomain_isNoPublicSuffixAndNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := w.organization()
	for name, want := range map[string]error{
		"": domain.ErrForm, "localhost": domain.ErrForm, "192.0.2.1": domain.ErrForm, "[::1]": domain.ErrForm, "a b.example": domain.ErrForm,
		"https://corp.example": domain.ErrForm, "*.corp.example": domain.ErrForm, "_x.corp.example": domain.ErrForm, "corp.example/": domain.ErrForm,
		"co.uk": domain.ErrSuffix, "CO.UK": domain.ErrSuffix, "github.io": domain.ErrSuffix, "co.uk.": domain.ErrSuffix,
		strings.Repeat("a", 64) + ".example": domain.ErrForm, "аpple.example": domain.ErrForm,
	} {
		if _, err := w.Add(w.ctx, org, name); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
	}
	w.add(org, "corp.co.uk")
	if _, err := w.Add(w.ctx, org, "Corp.CO.uk"); !errors.Is(err, domain.ErrHeld) {
		t.Errorf("twice: %v", err)
	}
}

// ORG-05: who has verified a domain keeps it, whoever adds it besides, also at the same time.
func TestDomain_isOneOrganizations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.organization(), w.organization()
	mine, theirs := w.add(first, "corp.example"), w.add(second, "corp.example")
	if mine.Token == theirs.Token {
		t.Fatal("two organizations have one token")
	}
	w.publish(mine)
	if _, err := w.Verify(w.ctx, second, theirs.ID); !errors.Is(err, domain.ErrNoRecord) {
		t.Errorf("by the record of another organization: %v", err)
	}
	if _, err := w.Verify(w.ctx, second, mine.ID); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("the domain of another organization: %v", err)
	}
	_, err := w.Verify(w.ctx, first, mine.ID)
	must(t, err)
	w.set(mine.Record(tenant.DefaultDomainLabel), mine.Token, theirs.Token)
	if _, err := w.Verify(w.ctx, second, theirs.ID); !errors.Is(err, domain.ErrTaken) {
		t.Errorf("a domain that is another's: %v", err)
	}
	if owner, err := w.Domains.Verified(w.ctx, "corp.example"); err != nil || owner != first {
		t.Errorf("the domain went to %v, %v", owner, err)
	}

	both := make([]domain.Domain, 8)
	var records []string
	for i := range both {
		both[i] = w.add(w.organization(), "race.example")
		records = append(records, both[i].Token)
	}
	w.set(both[0].Record(tenant.DefaultDomainLabel), records...)
	won := 0
	for _, err := range testworld.AtOnce(len(both), func(i int) error {
		_, err := w.Verify(w.ctx, both[i].Organization, both[i].ID)
		return err
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, domain.ErrTaken) {
			t.Errorf("lost with %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d organizations have the domain", won)
	}
}

// In another tenant the same domain may be another organization's.
func TestDomain_isNobodysInAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := w.organization()
	d := w.add(org, "corp.example")
	w.publish(d)
	_, err := w.Verify(w.ctx, org, d.ID)
	must(t, err)
	b := storagetest.Tenant(t, w.store, "b")
	for what, err := range map[string]error{
		"verified": errOf(w.Verify(b, org, d.ID)), "removed": w.Remove(b, org, d.ID), "added": errOf(w.Add(b, org, "other.example")),
		"found": errOf(w.Domains.Verified(b, "corp.example")),
	} {
		if !errors.Is(err, domain.ErrNotFound) && !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("%s by another tenant: %v", what, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// A domain whose record is gone is given up after some looks, and not by many at once.
func TestDomain_lapsesSlowly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := w.organization()
	d := w.add(org, "corp.example")
	w.publish(d)
	_, err := w.Verify(w.ctx, org, d.ID)
	must(t, err)
	w.set(d.Record(tenant.DefaultDomainLabel))
	for range 3 * domain.MaxFailures {
		must(t, w.Check(w.ctx, org, d.ID))
	}
	if got, err := w.Domains.ByID(w.ctx, org, d.ID); err != nil || !got.Verified() || got.Failures != 1 {
		t.Fatalf("after many looks at once: %+v, %v", got, err)
	}
	w.warned("14")
	for n := 2; n <= domain.MaxFailures; n++ {
		w.long()
		must(t, w.Check(w.ctx, org, d.ID))
		got, err := w.Domains.ByID(w.ctx, org, d.ID)
		if err != nil || got.Verified() != (n < domain.MaxFailures) {
			t.Fatalf("after %d looks on different days: %+v, %v", n, got, err)
		}
	}
	w.warned("14 3")
	if n := w.told(event.DomainLapsed{}); n != 1 {
		t.Errorf("%d events of the end", n)
	}
	w.publish(d)
	if got, err := w.Verify(w.ctx, org, d.ID); err != nil || !got.Verified() {
		t.Errorf("with the record again: %+v, %v", got, err)
	}
	must(t, w.Remove(w.ctx, org, d.ID))
	if _, err := w.Domains.Verified(w.ctx, "corp.example"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("removed, and %v", err)
	}
}

func TestDomain_areListedInPagesAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	org := w.organization()
	for i := range domain.MaxDomains {
		w.add(org, fmt.Sprintf("d%d.example", i))
	}
	if _, err := w.Add(w.ctx, org, "more.example"); !errors.Is(err, domain.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	seen := 0
	for after := uuid.Nil; ; {
		page, err := w.Domains.List(w.ctx, org, keyset.Rows(after, 30))
		must(t, err)
		if seen += len(page); len(page) < 30 {
			break
		}
		after = page[len(page)-1].ID
	}
	if seen != domain.MaxDomains {
		t.Errorf("%d domains in pages", seen)
	}
}
