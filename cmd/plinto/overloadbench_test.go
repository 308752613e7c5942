package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"plinto/storage/storagetest"
)

// overload is how many connections TestServe_underLoad has; 0: it is not run.
var overload = flag.Int("overload", 0, "measure a server on one processor that so many connections ask at once")

// measured are how long answers of a status took.
type measured struct {
	mu  sync.Mutex
	all map[int][]time.Duration
}

func (m *measured) note(status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[status] = append(m.all[status], took)
}

// quantiles are the median, the 99th percentile and the longest.
func (m *measured) quantiles(status int) string {
	all := m.all[status]
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	at := func(of float64) time.Duration { return all[int(of*float64(len(all)-1))].Round(time.Millisecond) }
	return fmt.Sprintf("%d, p50 %v, p99 %v, most %v", len(all), at(.5), at(.99), at(1))
}

// Measures, and judges nothing: how long answers take when many ask all the time, and before and after.
func TestServe_underLoad(t *testing.T) {
	if *overload == 0 {
		t.Skip("measures only with -overload")
	}
	database, _ := storagetest.URL(t)
	s := newSite(t, database)
	_, address := s.serve("GOMAXPROCS=1") // the other one asks
	const form, wait = "grant_type=client_credentials", 10 * time.Second
	req, err := http.NewRequest(http.MethodPost, "/t/acme/oauth2/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(siteClient, siteSecret)
	sent := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		req.URL.Path, req.Header.Get("Authorization"), len(form), form)
	for _, n := range []int{20, *overload, 20} {
		m := &measured{all: map[int][]time.Duration{}}
		var all sync.WaitGroup
		until := time.Now().Add(wait)
		for range n {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				defer c.Close()
				m.ask(t, c, sent, until)
			})
		}
		all.Wait()
		t.Logf("%d connections: served %s; refused %s", n, m.quantiles(http.StatusOK), m.quantiles(http.StatusServiceUnavailable))
	}
}

// ask sends the same request again and again; who is refused comes back a second later.
func (m *measured) ask(t *testing.T, c net.Conn, sent []byte, until time.Time) {
	in := bufio.NewReader(c)
	for time.Now().Before(until) {
		began := time.Now()
		if _, err := c.Write(sent); err != nil {
			t.Errorf("ask: %v", err)
			return
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Errorf("read answer: %v", err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		m.note(res.StatusCode, time.Since(began))
		if res.StatusCode == http.StatusServiceUnavailable {
			<-time.After(time.Second)
		}
	}
}
