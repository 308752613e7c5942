package pg

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lookEvery is how often the servers of a URL with several hosts are asked which of them is the primary.
const lookEvery = time.Second

// A fencedHost is one server that a URL names.
type fencedHost struct {
	name   string // "host:port"
	config *pgx.ConnConfig
	conn   *pgx.Conn // that is kept between looks; nil: none is
}

// hostsOf returns the servers that a configuration names, in their order.
func hostsOf(config *pgx.ConnConfig) (hosts []*fencedHost) {
	for _, at := range addressesOf(config) {
		name := addressOf(at.Host, at.Port)
		i := slices.IndexFunc(hosts, func(h *fencedHost) bool { return h.name == name })
		if i < 0 {
			one := config.Copy()
			one.Host, one.Port, one.TLSConfig, one.Fallbacks = at.Host, at.Port, at.TLSConfig, nil
			one.ValidateConnect, one.AfterConnect, one.Tracer, one.ConnectTimeout = nil, nil, nil, probeWait
			hosts = append(hosts, &fencedHost{name: name, config: one})
			continue
		}
		hosts[i].config.Fallbacks = append(hosts[i].config.Fallbacks, at) // with and without TLS
	}
	return hosts
}

// addressesOf returns where a connection is tried, one after the other.
func addressesOf(config *pgx.ConnConfig) []*pgconn.FallbackConfig {
	return append([]*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
}

// look asks every host what it is, unless that was done a moment ago, and fences those off that were replaced.
func (f *fence) look(ctx context.Context, recently time.Duration, keep bool) {
	f.looking.Lock()
	defer f.looking.Unlock()
	if time.Since(f.looked) < recently {
		return
	}
	found := make([]standing, len(f.hosts))
	var all sync.WaitGroup
	for i, h := range f.hosts {
		all.Go(func() { found[i] = h.look(ctx, keep) })
	}
	all.Wait()
	f.looked = time.Now()
	for i, is := range found {
		if is.history == (history{}) || is.standby || f.judge(is, nil) != nil {
			continue
		}
		f.mu.Lock()
		if f.newest == is.history {
			f.primary = f.hosts[i].name
		}
		f.mu.Unlock()
	}
}

// look returns what one host says, or nothing when it does not answer.
func (h *fencedHost) look(ctx context.Context, keep bool) (is standing) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	conn := h.conn
	h.conn = nil
	if conn == nil {
		var err error
		if conn, err = pgx.ConnectConfig(ctx, h.config); err != nil {
			return standing{}
		}
	}
	is, known, err := ask(ctx, conn.PgConn())
	if err == nil && keep {
		h.conn = conn
	} else {
		_ = conn.Close(context.WithoutCancel(ctx))
	}
	if err != nil || !known {
		return standing{}
	}
	return is
}

// close closes the connections that are kept.
func (f *fence) close(ctx context.Context) {
	f.looking.Lock()
	defer f.looking.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWait)
	defer cancel()
	for _, h := range f.hosts {
		if h.conn != nil {
			_ = h.conn.Close(ctx)
			h.conn = nil
		}
	}
}

// Watch looks once a second at the servers of URLs that name several, until ctx ends: a process that
// opens no connection would not hear of a failover.
func (s *System) Watch(ctx context.Context) {
	if s.fences == nil {
		return
	}
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		for _, f := range s.fences.several() {
			f.look(ctx, 0, true)
		}
		select {
		case <-ctx.Done():
			s.fences.close(ctx)
			return
		case <-again.C:
		}
	}
}

// order has a connection try the server first that was seen to be the primary: one that hangs would
// take the whole time there is.
func (f *fence) order(config *pgx.ConnConfig) {
	f.mu.Lock()
	primary := f.primary
	f.mu.Unlock()
	if primary == "" || len(f.hosts) < 2 {
		return
	}
	all := addressesOf(config)
	slices.SortStableFunc(all, func(a, b *pgconn.FallbackConfig) int {
		return truth(addressOf(b.Host, b.Port) == primary) - truth(addressOf(a.Host, a.Port) == primary)
	})
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:]
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func addressOf(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// fences are those of the servers that a process works with.
type fences struct {
	mu  sync.Mutex
	all map[string]*fence // by the hosts of a URL
}

func newFences() *fences { return &fences{all: map[string]*fence{}} }

// of returns the fence of the servers that a configuration names. It is kept after the last
// connection, as it knows who was replaced.
func (f *fences) of(config *pgx.ConnConfig) *fence {
	hosts := hostsOf(config)
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.name
	}
	slices.Sort(names)
	key := strings.Join(names, ",")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[key] == nil {
		f.all[key] = &fence{hosts: hosts, conns: map[*fenced]struct{}{}}
	}
	return f.all[key]
}

// several returns the fences of more than one server to which there are connections.
func (f *fences) several() (found []*fence) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		one.mu.Lock()
		if len(one.hosts) > 1 && len(one.conns) > 0 {
			found = append(found, one)
		}
		one.mu.Unlock()
	}
	return found
}

// close closes the connections that are kept to look.
func (f *fences) close(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		one.close(ctx)
	}
}
