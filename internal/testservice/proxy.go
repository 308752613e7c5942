package testservice

import (
	"net"
	"sync"
	"testing"
	"time"
)

// A Proxy stands between a test's server and one of its stores, and does to the
// bytes what a bad network does. It passes them on until it is told otherwise.
type Proxy struct {
	target   string
	listener net.Listener

	mu    sync.Mutex
	delay time.Duration
	held  bool                         // what the near side sends stays here
	open  chan struct{}                // closed while bytes pass
	conns map[net.Conn](chan struct{}) // closed when the connection is lost
	ports map[net.Conn]int             // from which a connection goes on to the target
	ended chan struct{}
}

// NewProxy starts a proxy to a "host:port"; it ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("start proxy: %v", err)
	}
	p := &Proxy{target: target, listener: listener, open: make(chan struct{}), conns: map[net.Conn]chan struct{}{}, ports: map[net.Conn]int{}, ended: make(chan struct{})}
	close(p.open)
	go p.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		close(p.ended)
		p.Answer()
		p.cut()
	})
	return p
}

// Address is where the proxy listens, as "host:port".
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Slow has every piece of an answer come late by d; zero: in time.
func (p *Proxy) Slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Silence swallows no byte and passes none on: connections stay open, new ones are
// accepted, and nothing is heard from the other side until Answer.
func (p *Proxy) Silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		p.open = make(chan struct{})
	default: // it is silent already
	}
}

// SilenceQuestions keeps for good what the near side sends; answers still come.
func (p *Proxy) SilenceQuestions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// Answer ends a silence.
func (p *Proxy) Answer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
	default:
		close(p.open)
	}
}

// Lose makes the connections there are silent for good, as a router does that
// forgot them. New ones work.
func (p *Proxy) Lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn, lost := range p.conns {
		close(lost)
		delete(p.conns, conn)
	}
}

// Ports are those by which the target knows the connections that go through the proxy.
func (p *Proxy) Ports() (ports []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, port := range p.ports {
		ports = append(ports, port)
	}
	return ports
}

func (p *Proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(near)
	}
}

func (p *Proxy) serve(near net.Conn) {
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = near.Close()
		return
	}
	lost := make(chan struct{})
	p.mu.Lock()
	p.conns[near] = lost
	p.ports[near] = far.LocalAddr().(*net.TCPAddr).Port
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.pass(far, near, false, lost) })
	both.Go(func() { p.pass(near, far, true, lost) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, near)
	delete(p.ports, near)
	p.mu.Unlock()
}

// pass copies until one side ends, and then ends the other.
func (p *Proxy) pass(to, from net.Conn, answers bool, lost <-chan struct{}) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil || !p.mayPass(answers, lost) {
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// mayPass waits as long as the network takes, and reports whether it delivers.
func (p *Proxy) mayPass(answer bool, lost <-chan struct{}) bool {
	p.mu.Lock()
	open, delay, held := p.open, p.delay, p.held && !answer
	p.mu.Unlock()
	<-open
	if held {
		<-p.ended
		return false
	}
	select {
	case <-lost:
		<-p.ended
		return false
	default:
	}
	if answer && delay > 0 {
		select {
		case <-time.After(delay):
		case <-p.ended:
		}
	}
	return true
}
