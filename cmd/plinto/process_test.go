package main

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// asProgram makes the test binary be plinto itself, so that tests can start and
// kill it as a process without building it a second time.
const asProgram = "TEST_BINARY_IS_PLINTO"

// ofControls says which defence scripts/controls has taken out.
const ofControls = "PLINTO_TEST_CONTROL"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	if os.Getenv(asMachine) != "" {
		sayMachine()
		return
	}
	os.Exit(m.Run())
}

// waitLimit is how long a test waits for what must happen.
const waitLimit = 60 * time.Second

// A process is plinto running in a process, and process group, of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended and everything it said is here
	more   chan struct{} // it said something

	mu   sync.Mutex
	said strings.Builder
}

// start starts plinto; what still runs when the test ends is stopped.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, self, env, args...)
}

// startProgram is start of another program than this one.
func startProgram(t *testing.T, program string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), exited: make(chan struct{}), more: make(chan struct{}, 1)}
	p.cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	if control, ok := os.LookupEnv(ofControls); ok {
		p.cmd.Env = append(p.cmd.Env, ofControls+"="+control)
	}
	p.cmd.Dir = t.TempDir() // there is no .env in it
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start plinto: %v", err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // the state says how it ended
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGINT)
		select {
		case <-p.exited:
		case <-time.After(waitLimit):
			_ = p.cmd.Process.Kill()
			t.Errorf("plinto does not end: %s", p.text())
		}
	})
	return p
}

// Write implements io.Writer for what plinto says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.Write(b) // never fails
	select {
	case p.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// until waits until plinto has said something and returns all it said.
func (p *process) until(marker string) string {
	p.t.Helper()
	late := time.After(waitLimit)
	for !strings.Contains(p.text(), marker) {
		select {
		case <-p.more:
		case <-p.exited:
			p.t.Fatalf("plinto ended (%v) before it said %q: %s", p.cmd.ProcessState, marker, p.text())
		case <-late:
			p.t.Fatalf("plinto does not say %q: %s", marker, p.text())
		}
	}
	return p.text()
}

func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.exited:
	default:
		_ = p.cmd.Process.Signal(s) // it may have just ended
	}
}

// exit waits for the end and returns the exit code, -1 of a killed process.
func (p *process) exit(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		p.t.Fatalf("plinto did not end within %v: %s", within, p.text())
	}
	return p.cmd.ProcessState.ExitCode()
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(waitLimit)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

// A visitor is a browser without JavaScript that finds every host at one address.
type visitor struct {
	t    *testing.T
	http *http.Client
}

func visit(t *testing.T, address string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, http: &http.Client{Jar: jar, Transport: transport, Timeout: waitLimit}}
}

// A sheet is a page that a visitor sees.
type sheet struct {
	*goquery.Document
	status int
	at     *url.URL
	to     string // where a redirect leads that was not followed
	id     string // of the request
	v      *visitor
}

func (v *visitor) open(address string) sheet {
	v.t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(req)
}

func (v *visitor) do(req *http.Request) sheet {
	v.t.Helper()
	res, err := v.http.Do(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		v.t.Fatalf("read %s: %v", res.Request.URL, err)
	}
	return sheet{Document: doc, status: res.StatusCode, at: res.Request.URL, to: res.Header.Get("Location"), id: res.Header.Get("Request-Id"), v: v}
}

// click sends the form of a button with values filled in, as a click would.
func (s sheet) click(id string, fill map[string]string) sheet {
	t := s.v.t
	t.Helper()
	button := s.Find("#" + id)
	form := button.Closest("form")
	if form.Length() != 1 {
		t.Fatalf("no #%s to click on %s (%d): %s", id, s.at, s.status, strings.Join(strings.Fields(s.Find("main").Text()), " "))
	}
	data := url.Values{}
	form.Find("input:not([type=checkbox])").Each(func(_ int, in *goquery.Selection) { data.Set(in.AttrOr("name", ""), in.AttrOr("value", "")) })
	if name := button.AttrOr("name", ""); name != "" {
		data.Set(name, button.AttrOr("value", ""))
	}
	for name, value := range fill {
		data.Set(name, value)
	}
	action, err := s.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, action.String(), strings.NewReader(data.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.v.do(req)
}
