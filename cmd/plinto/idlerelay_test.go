package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A wiretap stands between a process and Postgres, and counts the statements that the process sends: those of Postgres' own
// processes, which its statistics count too, are none of them.
type wiretap struct {
	target string
	mu     sync.Mutex
	sent   map[string]int // by the beginning of the statement
}

// tap returns a wiretap and the URL of a database through it.
func tap(t *testing.T, database string) (w *wiretap, through string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	w = &wiretap{target: u.Host, sent: map[string]int{}}
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			go w.relay(near)
		}
	}()
	u.Host = ln.Addr().String()
	return w, u.String()
}

func (w *wiretap) relay(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer far.Close()
	go func() { _, _ = io.Copy(near, far) }()
	_ = w.listen(io.TeeReader(near, far))
}

// listen reads the messages of a frontend (PostgreSQL, Message Formats), the first of which have no type.
func (w *wiretap) listen(from io.Reader) error {
	for {
		body, err := message(from)
		if err != nil {
			return err
		}
		if code := binary.BigEndian.Uint32(body); code == 3<<16 { // StartupMessage, version 3.0
			break
		}
	}
	prepared, bound := map[string]string{}, ""
	for kind := make([]byte, 1); ; {
		if _, err := io.ReadFull(from, kind); err != nil {
			return err
		}
		body, err := message(from)
		if err != nil {
			return err
		}
		first, rest, _ := strings.Cut(string(body), "\x00")
		second, _, _ := strings.Cut(rest, "\x00")
		switch kind[0] {
		case 'Q':
			w.note(first)
		case 'P':
			prepared[first] = second
		case 'B':
			bound = prepared[second]
		case 'E':
			w.note(bound)
		}
	}
}

func message(from io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(size[:])-4)
	_, err := io.ReadFull(from, body)
	return body, err
}

func (w *wiretap) note(sql string) {
	sql = strings.Join(strings.Fields(sql), " ")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[sql[:min(len(sql), 100)]]++
}

// reset forgets what was sent.
func (w *wiretap) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.sent)
}

// statements returns how many were sent, without the borders of transactions, and what they were, the most frequent first.
func (w *wiretap) statements() (n int, which string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	type counted struct {
		sql string
		n   int
	}
	var all []counted
	for sql, times := range w.sent {
		all = append(all, counted{sql, times})
		if !slices.Contains([]string{"begin", "commit", "rollback"}, strings.ToLower(strings.TrimRight(sql, ";"))) {
			n += times
		}
	}
	slices.SortFunc(all, func(a, b counted) int { return cmp.Or(b.n-a.n, cmp.Compare(a.sql, b.sql)) })
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "\n%5d %s", c.n, c.sql)
	}
	return n, b.String()
}
