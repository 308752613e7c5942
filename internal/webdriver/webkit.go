package webdriver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program finds one of the programs. Whoever asks for a browser wants it: nothing is skipped.
func program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("there is no %s on this machine: make test-browsers installs it, or says what is missing", names[0])
	return ""
}

// run starts a program that ends with the test, with everything that it started.
func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &said
	}
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(cmd.Path), said.String())
		}
	})
}

// screen is the size of the X server's.
const screen = "1280x1000x24"

// display starts an X server without a screen, and returns its name and the file that
// holds what it shows.
func display(t testing.TB) (name, frame string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(context.Background(), program(t, "Xvfb"), "-displayfd", "3", "-screen", "0", screen, "-nolisten", "tcp", "-fbdir", dir)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.ExtraFiles = []*os.File{w}
	run(t, cmd)
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("start Xvfb: %v", err)
	}
	return ":" + strings.TrimSpace(number), filepath.Join(dir, "Xvfb_screen0")
}

// WebKit starts WebKitGTK's small browser, with an empty profile. It ends with the test.
func WebKit(t testing.TB) *Session {
	t.Helper()
	driver := program(t, "WebKitWebDriver")
	browsers, err := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
	if err != nil || len(browsers) == 0 {
		t.Fatal("there is no MiniBrowser of WebKitGTK on this machine: it comes with webkit2gtk-driver")
	}
	x, frame := display(t)
	home := t.TempDir()
	port := freePort(t)
	cmd := exec.CommandContext(context.Background(), driver, "--host=127.0.0.1", "--port="+port)
	cmd.Env = append(os.Environ(), "DISPLAY="+x, "HOME="+home, "XDG_RUNTIME_DIR="+home, "GDK_BACKEND=x11", "NO_AT_BRIDGE=1",
		"LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_DMABUF_RENDERER=1",
		"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1") // it does not work for root; the pages are ours
	run(t, cmd)
	w := &webkit{client: &http.Client{Timeout: 2 * timeout}, base: "http://127.0.0.1:" + port, frame: frame}
	s := &Session{t: t, wire: w}
	s.Until("WebKitWebDriver listens", func() bool {
		return w.send(http.MethodGet, "/status", nil, nil) == nil
	})
	var made struct{ SessionID string }
	s.must(w.send(http.MethodPost, "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"acceptInsecureCerts":      true,
		"webkitgtk:browserOptions": map[string]any{"binary": browsers[len(browsers)-1], "args": []string{"--automation"}},
	}}}, &made))
	w.base += "/session/" + made.SessionID
	t.Cleanup(func() { _ = w.send(http.MethodDelete, "", nil, nil) })
	return s
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// A webkit is WebKitWebDriver's HTTP.
type webkit struct {
	client *http.Client
	base   string
	frame  string // the X server's screen
}

func (w *webkit) call(c command, element string, params map[string]any, value any) error {
	path := c.path
	if strings.Contains(path, "%s") {
		path = fmt.Sprintf(path, element)
	}
	var body any
	if c.method == http.MethodPost {
		body = params
	}
	return w.send(c.method, path, body, value)
}

func (w *webkit) send(method, path string, body, value any) error {
	out, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var sent io.Reader
	if method == http.MethodPost {
		sent = bytes.NewReader(out)
	}
	// The session is ended when the test's own context is done already.
	req, err := http.NewRequestWithContext(context.Background(), method, w.base+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s %s: %d: %w", method, path, res.StatusCode, err)
	}
	if res.StatusCode != http.StatusOK {
		return result(method+" "+path, answer.Value, nil, nil)
	}
	if value == nil || string(answer.Value) == "null" {
		return nil
	}
	return json.Unmarshal(answer.Value, value)
}

// picture is the whole screen, as the X server holds it: the driver's own pictures wait
// for ever without a graphics card. The file is an X window dump: numbers of the header,
// the name, the colours, the points.
func (w *webkit) picture() ([]byte, error) {
	dump, err := w.still()
	if err != nil {
		return nil, err
	}
	head := make([]uint32, 25)
	if len(dump) < 4*len(head) {
		return nil, errors.New("the screen is not a window dump")
	}
	for i := range head {
		head[i] = binary.BigEndian.Uint32(dump[4*i:])
	}
	width, height, perLine, colours := int(head[4]), int(head[5]), int(head[12]), int(head[19])
	points := dump[int(head[0])+12*colours:]
	if head[11] != 32 || len(points) < perLine*height {
		return nil, errors.New("the screen has other points than four bytes each")
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := points[y*perLine+4*x:]
			picture.SetRGBA(x, y, color.RGBA{p[2], p[1], p[0], 0xff})
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

// still returns the screen once it does not change any more: nothing else tells that the
// last change is drawn.
func (w *webkit) still() ([]byte, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	var before []byte
	for range 40 {
		dump, err := os.ReadFile(w.frame)
		if err != nil || bytes.Equal(dump, before) {
			return dump, err
		}
		before = dump
		<-tick.C
	}
	return before, nil // something blinks
}
