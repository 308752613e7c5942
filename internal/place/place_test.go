package place

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func named(pairs ...string) mmdbtype.Map {
	all := mmdbtype.Map{}
	for i := 0; i < len(pairs); i += 2 {
		all[mmdbtype.String(pairs[i])] = mmdbtype.String(pairs[i+1])
	}
	return mmdbtype.Map{"names": all}
}

// write makes a file of networks.
func write(t *testing.T, path string, networks map[string]mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-City", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, record := range networks {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	out, err := os.Create(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestFile_saysWhereAddressesAre(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	germany := named("en", "Germany", "de", "Deutschland")
	write(t, path, map[string]mmdbtype.Map{
		"203.0.113.0/24":  {"city": named("en", "Munich", "de", "München"), "country": germany},
		"198.51.100.0/24": {"country": germany},
		"2001:db8::/32":   {"city": named("en", "Munich"), "country": germany},
	})
	f, err := Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[[2]string]string{
		{"203.0.113.9", "en"}:        "Munich, Germany",
		{"203.0.113.9", "de"}:        "München, Deutschland",
		{"203.0.113.9", "ar"}:        "Munich, Germany",
		{"::ffff:203.0.113.9", "en"}: "Munich, Germany",
		{"198.51.100.1", "de"}:       "Deutschland",
		{"2001:db8::1", "de"}:        "Munich, Deutschland",
		{"192.0.2.1", "en"}:          "",
		{"", "en"}:                   "",
		{"nonsense", "en"}:           "",
	} {
		if got := f.Of(in[0], in[1]); got != want {
			t.Errorf("%v: got %q, want %q", in, got, want)
		}
	}
	if got := (*File)(nil).Of("203.0.113.9", "en"); got != "" {
		t.Errorf("nothing knows %q", got)
	}
}

func TestFile_isReadAgainWhenItIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, map[string]mmdbtype.Map{"203.0.113.0/24": {"country": named("en", "Germany")}})
	now := time.Now()
	f, err := Open(path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	f.Of("203.0.113.9", "en")
	write(t, path, map[string]mmdbtype.Map{"203.0.113.0/24": {"country": named("en", "France")}})
	if got := f.Of("203.0.113.9", "en"); got != "Germany" {
		t.Errorf("before a minute has passed: %q", got)
	}
	now = now.Add(looksEvery)
	if got := f.Of("203.0.113.9", "en"); got != "France" {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(path+".new", []byte("no such file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	now = now.Add(looksEvery)
	if got := f.Of("203.0.113.9", "en"); got != "France" {
		t.Errorf("after a broken file: %q", got)
	}
	if _, err := Open(path, time.Now); err == nil {
		t.Error("a broken file is opened")
	}
}
