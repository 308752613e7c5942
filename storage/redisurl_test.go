package storage

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/tenant"
)

func TestReadRedisURL_readsEveryKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"redis://cache":                         {"one server", "cache:6379", "", "", "0", ""},
		"rediss://u:p%40@cache:7/3":             {"one server", "cache:7", "u", "p@", "3", "TLS"},
		"redis-sentinel://a,b:7,[::1]?master=m": {"the primary that Sentinels name", "a:26379 b:7 [::1]:26379", "", "", "0", ""},
		"rediss-sentinel://:p%2C@a:1,b:2/4?master=m&sentinel_password=hunter": {"the primary that Sentinels name", "a:1 b:2", "", "p,", "4", "TLS"},
		"redis-cluster://u:p@a,b:7000":                                        {"the nodes of a cluster", "a:6379 b:7000", "u", "p", "0", ""},
	} {
		to, problem := readRedisURL(text)
		if problem != nil {
			t.Errorf("%s: %v", text, problem)
			continue
		}
		o := to.several
		if to.single != nil {
			o.Addrs, o.Username, o.Password, o.DB = []string{to.single.Addr}, to.single.Username, to.single.Password, to.single.DB
		}
		got := []string{string(to.topology), strings.Join(o.Addrs, " "), o.Username, o.Password, string(rune('0' + o.DB)), map[bool]string{true: "TLS"}[to.secure()]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestReadRedisURL_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	must(t, os.WriteFile(empty, nil, 0o600))
	for text, wants := range map[string][2]string{
		"memcached://hunter2@a":                               {"is not right", "redis-sentinel://"},
		"cache:6379":                                          {"is not right", "redis://host:port"},
		"redis://user:hunter2@:x":                             {"cannot be read", "redis://"},
		"redis-sentinel://a:hunter2@a,b":                      {"which primary", "?master=NAME"},
		"redis-sentinel://a,b/x?master=m":                     {"cannot be read", ""},
		"redis-sentinel://a,,b?master=m":                      {"has a host that cannot be read", "host-1:26379"},
		"redis-sentinel://a/0?master=m&replica_only=true":     {"has an option that does not exist: replica_only", ""},
		"redis-cluster://a,b/1":                               {"a cluster has only one", ""},
		"redis-cluster://a,b?sslrootcert=/nowhere":            {"asks for no TLS", "rediss"},
		"rediss://a?skip_verify=true":                         {"whoever answers", "sslrootcert"},
		"rediss-cluster://a?skip_verify=true":                 {"whoever answers", "sslrootcert"},
		"rediss://a?sslcert=/nowhere":                         {"one of sslcert and sslkey", "both"},
		"rediss://a?sslrootcert=/nowhere/ca.pem":              {"names the file /nowhere/ca.pem, which cannot be read", "correct sslrootcert"},
		"rediss://a?sslcert=/nowhere/c.pem&sslkey=/nowhere/k": {"which cannot be read", "correct sslrootcert"},
		"rediss://a?sslrootcert=" + empty:                     {"holds no certificate", "PEM"},
	} {
		f := CheckRedisURL(secret.NewString(text), "THE_URL")
		if f == nil {
			t.Errorf("%s: nothing is wrong", text)
			continue
		}
		says(t, f, text, "THE_URL "+"", wants[1])
		if !strings.Contains(f.Cause, wants[0]) || strings.Contains(f.Cause+f.Remedy, "hunter2") {
			t.Errorf("%s: got %+v, want %q", text, *f, wants[0])
		}
		if _, err := openVolatile(text, patient, nil); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: opened with %v", text, err)
		}
	}
}

// ENG-01: TLS to Redis is with who has a certificate of the authority, for the name of the URL.
func TestCheckRedis_isSureOfWhoAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	until := time.Now().Add(time.Hour)
	good, other, ours := testservice.SelfSigned(t, "localhost", until), testservice.SelfSigned(t, "localhost", until), testservice.SelfSigned(t, "plinto", until)
	root, another := file("root.pem", good.PEM), file("other.pem", other.PEM)
	pair := "&sslcert=" + file("ours.pem", ours.PEM) + "&sslkey=" + file("ours.key", ours.Key)
	foreign := "&sslcert=" + another + "&sslkey=" + file("other.key", other.Key)
	open, strict := testservice.NewRedisInTLS(t, good, ""), testservice.NewRedisInTLS(t, good, ours.PEM)
	at := func(s *testservice.RedisServer, host, options string) string {
		url := strings.Replace(strings.Replace(s.URL(), "redis://", "rediss://", 1), "127.0.0.1", host, 1)
		return url + "?" + options
	}
	for name, c := range map[string]struct{ url, cause, remedy string }{
		"the right one":                     {at(open, "localhost", "sslrootcert="+root), "", ""},
		"one of another authority":          {at(open, "localhost", "sslrootcert="+another), "from an authority that this machine does not trust", "sslrootcert=FILE"},
		"the authorities of the system":     {at(open, "localhost", ""), "from an authority that this machine does not trust", "sslrootcert=FILE"},
		"another name":                      {at(open, "127.0.0.1", "sslrootcert="+root), "is not for 127.0.0.1", "a name in THE_URL"},
		"no TLS":                            {open.URL(), "does not answer", "rediss://"},
		"one that wants ours, with it":      {at(strict, "localhost", "sslrootcert="+root+pair), "", ""},
		"one that wants ours, without":      {at(strict, "localhost", "sslrootcert="+root), "ends TLS", "sslcert=FILE"},
		"one that wants ours, with another": {at(strict, "localhost", "sslrootcert="+root+foreign), "ends TLS", "sslcert=FILE"},
	} {
		f := CheckRedis(t.Context(), secret.NewString(c.url), "THE_URL")
		switch {
		case c.cause == "" && f != nil:
			t.Errorf("%s: %+v", name, *f)
		case c.cause != "" && f == nil:
			t.Errorf("%s: nothing is in the way", name)
		case f != nil:
			says(t, f, name, c.cause, c.remedy)
		}
	}
}

// A server that refuses our certificate says so in an alert, which is lost where its connection is reset before it is read.
func TestCheckRedis_knowsATLSThatEndsWithoutAnAlert(t *testing.T) {
	t.Parallel()
	v, err := openVolatile("rediss://localhost:6379/0", time.Second, nil)
	must(t, err)
	for _, cause := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF} {
		f := v.explain(&net.OpError{Op: "write", Net: "tcp", Err: cause}, "THE_URL")
		says(t, &f, cause.Error(), "ends TLS", "sslcert=FILE")
	}
	must(t, v.client.Close())
}

func TestCheckRedis_looksThroughSentinels(t *testing.T) {
	t.Parallel()
	group := testservice.NewSentinels(t)
	good := group.URL()
	plain := strings.Replace(group.Primary.URL(), "redis://", "redis-sentinel://", 1) + "?master=plinto"
	hosts, _, _ := strings.Cut(good, "/0?")
	for name, c := range map[string]struct{ url, cause, remedy string }{
		"the right one":       {good, "", ""},
		"another primary":     {strings.Replace(good, "master=plinto", "master=other", 1), "know no primary of its name", "sentinel monitor"},
		"no password":         {hosts + "/0?master=plinto", "do not take its password for them", "sentinel_password"},
		"a Redis":             {plain, "names Redis itself, and no Sentinel", "redis://"},
		"as a cluster":        {strings.Replace(group.Primary.URL(), "redis://", "redis-cluster://", 1)[:len(group.Primary.URL())+6], "names a Redis that is none", "redis:// instead"},
		"a Sentinel as Redis": {"redis://" + hosts[strings.LastIndexByte(hosts, ',')+1:], "", "THE_URL"},
	} {
		f := CheckRedis(t.Context(), secret.NewString(c.url), "THE_URL")
		switch {
		case name == "the right one" && f != nil:
			t.Errorf("%s: %+v", name, *f)
		case name == "the right one":
		case f == nil:
			t.Errorf("%s: nothing is in the way", name)
		default:
			says(t, f, name, c.cause, c.remedy)
		}
	}
	v, err := openVolatile(strings.Replace(good, "master=plinto", "master=other", 1), patient, nil)
	must(t, err)
	defer v.close()
	k, err := v.client.Get(t.Context(), "k").Result()
	if err == nil {
		t.Fatalf("a primary that nobody knows says %q", k)
	}
	for range redisMaxFailures {
		_ = v.do(t.Context(), get)
	}
	if !v.paused() {
		t.Error("Sentinels that know no such primary count as a Redis without the key")
	}
}

// ENG-02: what is counted of a tenant is counted once, on whatever node of a cluster: no script is refused
// because its keys are on several, and who has used up a limit at one server has at the next.
func TestLimiter_countsInACluster(t *testing.T) {
	t.Parallel()
	cluster := testservice.NewRedisCluster(t)
	limit := identity.Limit{Name: "test", Count: 3, Period: time.Hour, Burst: 3}
	for i := range 8 { // tenants of several nodes
		of := testworld.Tenant(string(rune('a' + i)))
		ctx := tenant.With(t.Context(), &of)
		var buckets []identity.Bucket
		for _, name := range []string{"one", "two", "three", "four"} {
			buckets = append(buckets, identity.Bucket{Limit: limit, Key: name})
		}
		for n := range 4 {
			v, err := openVolatile(cluster.URL(), patient, nil)
			must(t, err)
			wait := newLimiter(v).Take(ctx, buckets...) // of another server: it remembers nothing
			must(t, v.close())
			if (wait > 0) != (n == 3) {
				t.Errorf("tenant %d, request %d waits %v", i, n, wait)
			}
		}
	}
}

func get(ctx context.Context, c redisClient) error { return c.Get(ctx, "k").Err() }
