package web

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
)

// Who has connected before the listener turns everybody away is answered, also where nobody had accepted the connection yet;
// who comes later is neither answered nor reset, and is refused once the listener is closed.
func TestTurnAway_losesNobodyWhoHasConnected(t *testing.T) {
	t.Parallel()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	address := ln.Addr().String()
	const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	answers := make(chan error, 10)
	for range cap(answers) {
		_, in := send(t, address, request) // nobody accepts yet
		go func() {
			res, err := http.ReadResponse(in, nil)
			if err == nil {
				res.Body.Close()
			}
			answers <- err
		}()
	}
	if err := TurnAway(ln.(*net.TCPListener)); err != nil {
		t.Fatal(err)
	}
	late := make(chan error)
	go func() {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		late <- err
	}()
	s := NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	served := make(chan error)
	go func() { served <- s.Serve(ln) }()
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Errorf("a connection from before was lost: %v", err)
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-served
	if err := <-late; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("who came later got %v, want to be refused", err)
	}
}
