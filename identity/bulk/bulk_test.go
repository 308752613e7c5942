package bulk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

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

func (k *kept) Add(_ context.Context, j Job, parts [][]byte) (Job, error) {
	k.job, k.parts = j, parts
	return j, nil
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
	if _, err := s.Start(ctx, Order{Upload: []byte(file)}); err != nil {
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
