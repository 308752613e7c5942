package storage

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/federation"
	"plinto/storage/internal/pg"
)

// How old the parts of a survey are at most while somebody scrapes.
const (
	surveyWork   = time.Minute      // queues, mails; webhooks and what is not sealed, a statement for each schema of a tenant
	surveyPlaces = 10 * time.Minute // keys, certificates, domains: a statement for each schema of a tenant
	surveySizes  = 10 * time.Minute // tables
)

// surveyKept is how long the answers are shown when no new ones come.
const surveyKept = 3

// A survey is what metrics say of the database that no process can count. Scraping has it made, in the background and once
// in a while, so nobody waits for it, and where nobody scrapes nothing is asked. It is made of the shared tables, of schemas of
// tenants, and of those databases of tenants that are in use anyway.
type survey struct {
	tenants *Tenants
	log     *slog.Logger
	now     func() time.Time
	parts   []*surveyPart
}

// A surveyPart is asked for together.
type surveyPart struct {
	name  string
	every time.Duration
	look  func(context.Context) (surveyed, error)

	mu      sync.Mutex
	running bool
	tried   time.Time
	at      time.Time // of found; zero: there is nothing yet
	found   surveyed
}

// A surveyed is what was found, by kind and two labels.
type surveyed map[surveyKey]measure

type surveyKey struct{ Kind, A, B string }

// A measure is how many there are, and how old the oldest is (or when the first ends), in seconds.
type measure struct {
	N       int64
	Seconds float64
}

func newSurvey(tenants *Tenants, log *slog.Logger, now func() time.Time) *survey {
	s := &survey{tenants: tenants, log: log, now: now}
	s.parts = []*surveyPart{
		{name: "work", every: surveyWork, look: s.work},
		{name: "places", every: surveyPlaces, look: s.places},
		{name: "sizes", every: surveySizes, look: s.sizes},
	}
	return s
}

// latest returns what is known, when each part was found, and which are not too old to be told. It has the parts that are old
// asked for, and waits for none.
func (s *survey) latest() (found surveyed, at map[string]time.Time, told map[string]bool) {
	found, at, told = surveyed{}, map[string]time.Time{}, map[string]bool{}
	for _, p := range s.parts {
		p.mu.Lock()
		if now := s.now(); !p.running && now.Sub(p.tried) >= p.every {
			p.running, p.tried = true, now
			go s.ask(p)
		}
		if !p.at.IsZero() {
			at[p.name] = p.at
		}
		if !p.at.IsZero() && s.now().Sub(p.at) < surveyKept*p.every {
			maps.Copy(found, p.found)
			told[p.name] = true
		}
		p.mu.Unlock()
	}
	return found, at, told
}

// surveyWait bounds a part, however many places there are.
const surveyWait = time.Minute

func (s *survey) ask(p *surveyPart) {
	ctx, cancel := context.WithTimeout(pg.Repeated(context.Background()), surveyWait)
	defer cancel()
	found, err := p.look(ctx)
	if err != nil {
		s.log.DebugContext(ctx, "the database cannot be surveyed", "part", p.name, "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = false
	if err == nil {
		p.found, p.at = found, s.now()
	}
}

// A surveyRow is a row of a statement.
type surveyRow struct {
	Kind, A, B string
	N          int64
	Seconds    float64
}

func (s *survey) add(ctx context.Context, to surveyed, at *System, sql string) error {
	rows, err := pg.SystemQuery(ctx, at, pgx.RowToStructByPos[surveyRow], sql)
	for _, r := range rows {
		key := surveyKey{r.Kind, r.A, r.B}
		to[key] = measure{to[key].N + r.N, max(to[key].Seconds, r.Seconds)}
	}
	return err
}

// surveyOfWork counts at most 20,000 of each kind: with more, it matters no longer how many there are.
const surveyOfWork = `
	WITH undone AS (
		(SELECT queue, state::text AS state, args ->> 'subscriber' AS subscriber, created_at FROM river_job WHERE state = 'available' LIMIT 20000)
		UNION ALL (SELECT queue, state::text, args ->> 'subscriber', created_at FROM river_job WHERE state = 'retryable' LIMIT 20000)
		UNION ALL (SELECT queue, state::text, args ->> 'subscriber', created_at FROM river_job WHERE state = 'running' LIMIT 20000)
	)
	SELECT 'jobs', queue, state, count(*), extract(epoch FROM now() - min(created_at))::float8 FROM undone GROUP BY queue, state
	UNION ALL SELECT 'mails', '', '', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM undone WHERE subscriber LIKE 'mail.%'
	UNION ALL ` + surveyOfBacklog

// surveyOfBacklog is what waits in each place, whoever has its queue.
const surveyOfBacklog = `
	SELECT 'webhooks', '', '', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
		FROM (SELECT created_at FROM webhook_deliveries WHERE state = 'pending' LIMIT 20000) w
	UNION ALL SELECT 'unsealed', '', '', count(*), coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8
		FROM (SELECT occurred_at FROM audit_pending LIMIT 20000) a`

// work tells what it found also when its time was over before it was everywhere: the oldest of that is old enough.
func (s *survey) work(ctx context.Context) (surveyed, error) {
	found, err := s.everywhere(ctx, func(ctx context.Context, to surveyed, at *System) error {
		if at.Place() == (pg.Place{}) {
			return s.add(ctx, to, at, surveyOfWork)
		}
		return s.add(ctx, to, at, surveyOfBacklog)
	})
	if len(found) > 0 {
		err = nil
	}
	return found, err
}

const surveyOfSizes = `
	SELECT 'table', coalesce(whole.relname, c.relname)::text, '', sum(pg_total_relation_size(c.oid))::bigint, 0::float8
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class whole ON whole.oid = i.inhparent
	WHERE n.nspname = current_schema() AND c.relkind = 'r' GROUP BY 2
	UNION ALL SELECT 'table', 'schemas of tenants', '', coalesce(sum(c.relpages::bigint), 0)::bigint * current_setting('block_size')::bigint, 0::float8
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^tenant_[0-9a-f]{32}$' AND c.relkind IN ('r', 'i')
	UNION ALL SELECT 'tenants', isolation, '', count(*), 0::float8 FROM tenants GROUP BY isolation`

func (s *survey) sizes(ctx context.Context) (surveyed, error) {
	found := surveyed{}
	return found, s.add(ctx, found, s.tenants.System, surveyOfSizes)
}

const surveyOfPlace = `
	SELECT 'keys', state, '', count(*), 0::float8 FROM signing_keys WHERE gone_at IS NULL OR gone_at > now() GROUP BY state
	UNION ALL SELECT 'keys overdue', '', '', count(*), 0::float8 FROM signing_keys WHERE state = 'active' AND retires_at < now() - interval '1 day'
	UNION ALL SELECT 'domains', CASE WHEN failures = 0 THEN 'verified' ELSE 'failing' END, '', count(*), 0::float8
		FROM organization_domains WHERE verified IS NOT NULL GROUP BY 2
	UNION ALL SELECT 'saml', '', '', count(*), 0::float8 FROM connections WHERE spec ->> 'kind' = 'saml' AND disabled_at IS NULL`

// samlMost is how many connections of a place are looked at.
const samlMost = 1000

func (s *survey) places(ctx context.Context) (surveyed, error) { return s.everywhere(ctx, s.place) }

// everywhere looks at every place that no database has to be woken for. One that cannot be asked leaves the others to be.
func (s *survey) everywhere(ctx context.Context, look func(context.Context, surveyed, *System) error) (surveyed, error) {
	found := surveyed{}
	if err := look(ctx, found, s.tenants.System); err != nil {
		return nil, err
	}
	all, err := s.tenants.placesFound(ctx, placesForgotten)
	for _, p := range all {
		at := s.tenants.At(p)
		if !at.Awake() {
			continue
		}
		err = errors.Join(err, look(ctx, found, at))
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
	}
	if err != nil {
		s.log.DebugContext(ctx, "not all places can be surveyed", "error", err)
	}
	return found, nil
}

func (s *survey) place(ctx context.Context, to surveyed, at *System) error {
	here := surveyed{}
	if err := s.add(ctx, here, at, surveyOfPlace); err != nil {
		return err
	}
	if here[surveyKey{Kind: "saml"}].N > 0 {
		if err := s.certificates(ctx, to, at); err != nil {
			return err
		}
	}
	delete(here, surveyKey{Kind: "saml"})
	for key, m := range here {
		to[key] = measure{to[key].N + m.N, max(to[key].Seconds, m.Seconds)}
	}
	return nil
}

// samlSoon is how long before its end a certificate counts as expiring.
const samlSoon = 14 * 24 * time.Hour

// certificates counts connections by how their last certificate is, and notes when the first one ends.
func (s *survey) certificates(ctx context.Context, to surveyed, at *System) error {
	specs, err := pg.SystemQuery(ctx, at, pgx.RowTo[[]byte], `
		SELECT spec -> 'saml' FROM connections WHERE spec ->> 'kind' = 'saml' AND disabled_at IS NULL LIMIT $1`, samlMost)
	if err != nil {
		return err
	}
	for _, spec := range specs {
		state := "unreadable"
		var saml federation.SAML
		if json.Unmarshal(spec, &saml) == nil { // one that cannot be read leaves the others to be
			if ends, err := saml.EndsAt(); err == nil && !ends.IsZero() {
				state = s.note(to, ends)
			}
		}
		key := surveyKey{Kind: "saml", A: state}
		to[key] = measure{N: to[key].N + 1}
	}
	return nil
}

// note keeps the first end that is to come, and returns the state of a certificate.
func (s *survey) note(to surveyed, ends time.Time) (state string) {
	left := ends.Sub(s.now())
	if left <= 0 {
		return "expired"
	}
	key, unix := surveyKey{Kind: "saml ends"}, float64(ends.Unix())
	if known, ok := to[key]; !ok || unix < known.Seconds {
		to[key] = measure{Seconds: unix}
	}
	if left < samlSoon {
		return "expiring"
	}
	return "valid"
}
