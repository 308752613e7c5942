package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// edges has TestEdge start the proxies of deploy/edge: make test-edge
var edges = flag.Bool("edge", false, "whether the proxies of deploy/edge are tested")

// An edge is a proxy with its configuration in deploy/edge, whose addresses and files are replaced and nothing else.
type edge struct {
	conf     string   // in deploy/edge
	programs []string // where it may be
	args     []string // before the name of the configuration
	logs     []string // in its directory, where it does not write to its output
	drops    bool     // whether it gets rid of root itself
	ports    func(plain, secure string) []string
	alone    []string // what is replaced where it cannot be root
	checks   bool     // whether it asks servers for /readyz
}

var edgePrograms = map[string]edge{
	"nginx": {
		conf: "nginx.conf", programs: []string{"nginx", "/usr/sbin/nginx"}, args: []string{"-g", "daemon off;", "-c"}, logs: []string{"access.log", "error.log"}, drops: true,
		ports: func(plain, secure string) []string {
			return []string{"listen 80 ", "listen " + plain + " ", "listen 443 ", "listen " + secure + " "}
		},
		alone: []string{"user www-data;\n", "", "server_tokens off;", "server_tokens off; client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi; uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;"},
	},
	"haproxy": {
		conf: "haproxy.cfg", programs: []string{"haproxy", "/usr/sbin/haproxy"}, args: []string{"-db", "-f"}, drops: true, checks: true,
		ports: func(plain, secure string) []string {
			return []string{"bind :80\n", "bind " + plain + "\n", "bind :443 ", "bind " + secure + " "}
		},
		alone: []string{"\tuser haproxy\n\tgroup haproxy\n", ""},
	},
	"caddy": {
		conf: "Caddyfile", programs: []string{"caddy"}, args: []string{"run", "--adapter", "caddyfile", "--config"}, checks: true,
		ports: func(plain, secure string) []string {
			_, http, _ := net.SplitHostPort(plain)
			_, https, _ := net.SplitHostPort(secure)
			return []string{"http_port 80\n", "http_port " + http + "\n\tadmin off\n\tdefault_bind 127.0.0.1\n", "https_port 443\n", "https_port " + https + "\n"}
		},
	},
}

// An edgeProxy is a proxy that runs.
type edgeProxy struct {
	plain, secure string // where it listens
	dir           string
	logs          []string
	cmd           *exec.Cmd

	mu   sync.Mutex
	said bytes.Buffer
}

// Write implements io.Writer for what the proxy says.
func (f *edgeProxy) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.said.Write(b)
}

// logged is what it has said and logged.
func (f *edgeProxy) logged() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := f.said.String()
	for _, name := range f.logs {
		more, _ := os.ReadFile(filepath.Join(f.dir, name)) // it may not be there yet
		text += string(more)
	}
	return text
}

// freeAddress is one of this machine where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln := listen(t)
	defer ln.Close()
	return ln.Addr().String()
}

// startProxy starts a proxy before servers, with a certificate for id.example.com.
func startProxy(t *testing.T, e *edge, servers [2]string) *edgeProxy {
	t.Helper()
	f := &edgeProxy{plain: freeAddress(t), secure: freeAddress(t), logs: e.logs}
	var err error
	if f.dir, err = os.MkdirTemp("", "plinto-edge"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(f.dir) })
	cert, key := filepath.Join(f.dir, "cert.pem"), filepath.Join(f.dir, "key.pem")
	certify(t, cert, key, 1)
	both := ""
	for _, name := range []string{cert, key} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		both += string(text)
	}
	writeFile(t, filepath.Join(f.dir, "plinto.pem"), both)
	conf := writeFile(t, filepath.Join(f.dir, e.conf), f.configure(t, e, servers))
	f.cmd = exec.Command(findProgram(t, e.programs), append(e.args, conf)...)
	f.cmd.Env = []string{"HOME=" + f.dir, "PATH=" + os.Getenv("PATH")}
	f.cmd.Stdout, f.cmd.Stderr = f, f
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 && !e.drops {
		f.unprivileged(t)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = f.cmd.Wait() }()
	t.Cleanup(func() {
		_ = f.cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	eventually(t, "the proxy listens", func() bool {
		select {
		case <-ended:
			t.Fatalf("it ended: %s", f.logged())
		default:
		}
		conn, err := net.Dial("tcp", f.secure)
		return err == nil && conn.Close() == nil
	})
	return f
}

// configure is the configuration with other addresses and files.
func (f *edgeProxy) configure(t *testing.T, e *edge, servers [2]string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy/edge", e.conf))
	if err != nil {
		t.Fatal(err)
	}
	other := append(e.ports(f.plain, f.secure), "10.0.0.11:8080", servers[0], "10.0.0.12:8080", servers[1], "/etc/ssl/plinto/", f.dir+"/")
	if len(e.logs) > 0 {
		other = append(other, "/run/nginx.pid", f.dir+"/pid", "/var/log/nginx/", f.dir+"/")
	}
	if os.Getuid() != 0 {
		for _, s := range e.alone {
			other = append(other, strings.ReplaceAll(s, "DIR", f.dir))
		}
	}
	for i := 0; i < len(other); i += 2 {
		if !strings.Contains(string(text), other[i]) {
			t.Fatalf("%s has no %q", e.conf, other[i])
		}
	}
	return strings.NewReplacer(other...).Replace(string(text))
}

// unprivileged has the proxy run as the user that its package made, or as nobody.
func (f *edgeProxy) unprivileged(t *testing.T) {
	t.Helper()
	as, err := user.Lookup("caddy")
	if err != nil {
		if as, err = user.Lookup("nobody"); err != nil {
			t.Fatal(err)
		}
	}
	uid, _ := strconv.Atoi(as.Uid) // a number here
	gid, _ := strconv.Atoi(as.Gid)
	f.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	err = filepath.WalkDir(f.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// workers are the users of its processes that serve: all but one that only has children.
func (f *edgeProxy) workers(t *testing.T) (users []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	field := func(status, name string) string {
		_, value, _ := strings.Cut(status, "\n"+name+":\t")
		value, _, _ = strings.Cut(value, "\n")
		value, _, _ = strings.Cut(value, "\t")
		return value
	}
	own, children := "", []string(nil)
	for _, name := range processes {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		switch pid := fmt.Sprint(f.cmd.Process.Pid); pid {
		case field(string(text), "Pid"):
			own = field(string(text), "Uid")
		case field(string(text), "PPid"):
			children = append(children, field(string(text), "Uid"))
		}
	}
	if len(children) > 0 {
		return children
	}
	return []string{own}
}

func findProgram(t *testing.T, names []string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("there is no %s on this machine (scripts/setup.sh edge installs it)", names[0])
	return ""
}

// connectionsTo are the connections to an address that are, or have just been: the port of the other end of each.
func connectionsTo(t *testing.T, address string) map[string]bool {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	suffix := fmt.Sprintf(":%04X", number)
	found := map[string]bool{}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(file) // no IPv6, no file
		for line := range strings.SplitSeq(string(text), "\n") {
			fields := strings.Fields(line)
			switch {
			case len(fields) < 4 || fields[3] == "0A": // listens
			case strings.HasSuffix(fields[1], suffix):
				found[fields[2][strings.LastIndex(fields[2], ":"):]] = true
			case strings.HasSuffix(fields[2], suffix):
				found[fields[1][strings.LastIndex(fields[1], ":"):]] = true
			}
		}
	}
	return found
}
