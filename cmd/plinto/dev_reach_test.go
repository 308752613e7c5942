package main

import (
	"net"
	"strings"
	"testing"
)

// EDG-10: a development server, which shows everything, is for whoever sits there.
func TestDev_isNotShownToOthersByAccident_EDG_10(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ variable, listen string }{
		{"PLINTO_PUBLIC_URL=https://try.example.com", "127.0.0.1:0"},
		{"PLINTO_PUBLIC_URL=http://192.168.1.7:8080", "127.0.0.1:0"},
		{"PLINTO_PUBLIC_URL=http://localhost:8080", "0.0.0.0:0"},
		{"PLINTO_PUBLIC_URL=", ":0"},
	} {
		p := start(t, []string{c.variable}, "dev", "--listen", c.listen, "--data-dir", devData(t))
		if code := p.exit(waitLimit); code != exitUsage || !strings.Contains(p.text(), "--expose says that you mean it") {
			t.Errorf("%v: exit %d: %s", c, code, p.text())
		}
	}
}

func TestDev_isShownToOthersOnPurpose_EDG_10(t *testing.T) {
	t.Parallel()
	p := start(t, []string{"PLINTO_PUBLIC_URL=https://try.example.com"}, "dev", "--expose", "--listen", "127.0.0.1:0", "--data-dir", devData(t))
	if screen := p.until("Ctrl-C stops it"); !strings.Contains(screen, "plinto: warning: PLINTO_PUBLIC_URL is at try.example.com: whoever reaches this server reads all mails") {
		t.Errorf("it does not warn: %s", screen)
	}
}

func TestExposed_isWhatIsNotOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host string
		at   net.Addr
		want int
	}{
		{"localhost", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, 0},
		{"acme.localhost", &net.TCPAddr{IP: net.IPv6loopback}, 0},
		{"127.0.0.2", &net.TCPAddr{IP: net.IPv4(127, 1, 2, 3)}, 0},
		{"try.example.com", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, 1},
		{"localhost", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, 1},
		{"localhost", &net.TCPAddr{}, 1},
		{"localhost.example", &net.TCPAddr{IP: net.IPv6unspecified}, 2},
	} {
		if got := exposed(c.host, c.at); len(got) != c.want {
			t.Errorf("%s at %s: %v, want %d ways", c.host, c.at, got, c.want)
		}
	}
}
