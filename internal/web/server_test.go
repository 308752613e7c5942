package web

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(h)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

// send writes raw requests on one connection and returns it for reading.
func send(t *testing.T, address, raw string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// RFC 9112 §6.1: a front that read the length and we that read the chunks would
// disagree about where the next request begins.
func TestServer_closesConnectionsWithTwoLengths(t *testing.T) {
	t.Parallel()
	served := make(chan string, 10)
	address := listen(t, Begin(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		served <- r.URL.Path
	}), false))
	_, in := send(t, address, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
		"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !res.Close {
		t.Error("the answer does not announce that the connection closes")
	}
	if rest, err := io.ReadAll(in); err != nil || len(rest) != 0 {
		t.Errorf("after the answer came %q, %v", rest, err)
	}
	if path := <-served; path != "/a" || len(served) != 0 {
		t.Errorf("served %q and %d more", path, len(served))
	}
}

func TestServer_refusesEndlessHeaders(t *testing.T) {
	t.Parallel()
	address := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	_, in := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\nCookie: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", res.StatusCode)
	}
}

func TestNewServer_limitsEverything(t *testing.T) {
	t.Parallel()
	s := NewServer(nil)
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes != 32<<10 || s.HTTP2.MaxConcurrentStreams != 100 {
		t.Errorf("%+v", s)
	}
}

// NET-04: what one HTTP/2 connection may have going on at once is announced in the
// first frame (RFC 9113 §6.5.2); net/http holds clients to it.
func TestServer_boundsTheStreamsOfAConnection(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(nil)
	s.Config = NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil || head[3] != 4 {
		t.Fatalf("the first frame is %x, %v, want SETTINGS", head, err)
	}
	settings := make([]byte, binary.BigEndian.Uint32(append([]byte{0}, head[:3]...)))
	if _, err := io.ReadFull(conn, settings); err != nil {
		t.Fatal(err)
	}
	const maxConcurrentStreams = 3
	announced := map[uint16]uint32{}
	for ; len(settings) >= 6; settings = settings[6:] {
		announced[binary.BigEndian.Uint16(settings)] = binary.BigEndian.Uint32(settings[2:])
	}
	if got := announced[maxConcurrentStreams]; got != 100 {
		t.Errorf("%d streams at once are allowed, of %v", got, announced)
	}
}
