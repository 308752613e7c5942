package bulk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"plinto/event"
	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/tenant"

	"github.com/google/uuid"
)

// kept is a store that keeps one job.
type kept struct {
	Jobs
	job   Job
	parts [][]byte
}

func (k *kept) Expect(_ context.Context, j Job, _ int) error {
	k.job = j
	return nil
}

func (k *kept) AddPart(_ context.Context, _ uuid.UUID, n int, sealed []byte) error {
	if k.parts = append(k.parts, sealed); n != len(k.parts)-1 {
		return errors.New("out of order")
	}
	return nil
}

func (k *kept) Begin(_ context.Context, _ uuid.UUID, parts int) (Job, error) {
	k.job.Parts = parts
	return k.job, nil
}

func (k *kept) Part(_ context.Context, _ uuid.UUID, n int) ([]byte, error) { return k.parts[n], nil }

func (k *kept) List(context.Context, keyset.Window) ([]Job, error) { return nil, nil }

func (*kept) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func (*kept) Append(context.Context, ...event.Event) error { return nil }

// BLK-06: what is stored of an upload is read by nobody without the key, nor in another place.
func TestImport_sealsWhatWasUploaded(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	store := &kept{}
	s, err := New(root, Service{Jobs: store, Outbox: store, Tx: store, Rights: func(context.Context) ([]string, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	made := testworld.Tenant("a")
	ctx := tenant.With(t.Context(), &made)
	file := strings.Repeat("{\"password_hash\": \"$2a$secret\"}\n", 20_000)
	u, err := s.Receive(ctx, iotest.HalfReader(strings.NewReader(file)), false, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256([]byte(file)); !bytes.Equal(u.Sum, want[:]) {
		t.Error("the sum is of something else")
	}
	if _, err := s.Begin(ctx, u); err != nil {
		t.Fatal(err)
	}
	if len(store.parts) != 3 || bytes.Contains(bytes.Join(store.parts, nil), []byte("secret")) {
		t.Errorf("%d parts are stored, in clear or not all", len(store.parts))
	}
	got, err := io.ReadAll(&upload{service: s, ctx: ctx, job: &store.job})
	if err != nil || string(got) != file {
		t.Errorf("read %d bytes, %v; want %d", len(got), err, len(file))
	}
	store.parts[0], store.parts[1] = store.parts[1], store.parts[0]
	if _, err := io.ReadAll(&upload{service: s, ctx: ctx, job: &store.job}); err == nil {
		t.Error("parts that changed places are read")
	}
}

// A metered reader counts what was read.
type metered struct {
	left, read int
	t          *testing.T
	store      *counting
}

func (m *metered) Read(p []byte) (int, error) {
	if ahead := m.read - m.store.stored; ahead > partSize {
		m.t.Fatalf("%d bytes are in memory", ahead)
	}
	n := min(len(p), m.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	m.left, m.read = m.left-n, m.read+n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// counting is a store that keeps nothing.
type counting struct {
	kept
	stored int
}

func (c *counting) AddPart(_ context.Context, _ uuid.UUID, _ int, sealed []byte) error {
	c.stored += min(len(sealed), partSize)
	return nil
}

// BLK-08: a file is never in memory whole.
func TestReceive_holdsOnePart(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	store := &counting{}
	s, err := New(root, Service{Jobs: store, Outbox: store, Tx: store, Rights: func(context.Context) ([]string, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	made := testworld.Tenant("a")
	ctx := tenant.With(t.Context(), &made)
	file := &metered{left: 40*partSize + 7, t: t, store: store}
	if u, err := s.Receive(ctx, file, false, true); err != nil || u.job.Parts != 41 {
		t.Errorf("received %+v, %v", u, err)
	}
	for name, text := range map[string]string{"nothing": "", "blank lines": " \n\n"} {
		if _, err := s.Receive(ctx, strings.NewReader(text), false, true); !errors.Is(err, ErrEmpty) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lost := errors.New("connection lost")
	if u, err := s.Receive(ctx, iotest.ErrReader(lost), false, true); !errors.Is(err, lost) || u == nil {
		t.Errorf("a file that broke off: %+v, %v", u, err)
	}
}

func TestLines_areReadOneByOne(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxLine)
	lines := NewLines(strings.NewReader("a\r\n\n  b  \n" + long + "y\n" + long[1:] + "\nlast"))
	var got []string
	for {
		l, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case l.Err != nil:
			got = append(got, "too long")
		case len(l.Raw) > 10:
			got = append(got, "long")
		default:
			got = append(got, string(l.Raw))
		}
	}
	if text := strings.Join(got, ","); text != "a,b,too long,long,last" {
		t.Errorf("read %s", text)
	}
}

func TestKeycloak_readsUsersOneByOne(t *testing.T) {
	t.Parallel()
	lines := Keycloak(strings.NewReader(`{"realm": "x", "roles": {"users": [1]}, "users": [
		{"id": "1", "username": "a@example.com", "email": "A@example.com", "enabled": true,
			"credentials": [{"type": "otp", "userLabel": "p", "secretData": "{\"value\":\"0123456789abcdefghij\"}", "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA1\"}"},
				{"type": "webauthn"}]},
		{"id": "2", "username": "service-account-x", "serviceAccountClientId": "x", "enabled": true}], "clients": []}`))
	first, err := lines.Next()
	want := `{"external_id":"1","email":"A@example.com","email_verified":false,"profile":{},"blocked":false,"totp":[{"name":"p","secret":"GAYTEMZUGU3DOODZMFRGGZDFMZTWQ2LK"}]}`
	if got := strings.ReplaceAll(string(first.Raw), "\n", ""); err != nil || !strings.HasPrefix(got, want[:100]) || len(first.Notes) != 1 || first.Notes[0] != (Note{"credential_not_taken", "webauthn"}) {
		t.Errorf("read  %s %v, %v\nwant %s", got, first.Notes, err, want)
	}
	if second, err := lines.Next(); err != nil || !errors.Is(second.Err, errServiceAccount) {
		t.Errorf("an account of a client is a user: %+v, %v", second, err)
	}
	if _, err := lines.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last user: %v", err)
	}
	if _, err := Keycloak(strings.NewReader(`{"realm": "x"}`)).Next(); !errors.Is(err, errRealm) {
		t.Errorf("a realm without users: %v", err)
	}
}
