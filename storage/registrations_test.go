package storage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
)

func registration() *provider.Registration {
	id := uuid.Must(uuid.NewV7())
	return &provider.Registration{
		Client:    provider.Client{ID: id, ClientID: "client-" + id.String(), Metadata: provider.Metadata{}.WithDefaults()},
		TokenHash: []byte(id.String())[:32],
	}
}

func registrar(s *storage.Store) *provider.Registrar {
	return &provider.Registrar{
		Clients: s.Clients, Writes: s.Clients, Registrations: s.Registrations, Consents: s.Consents, InitialTokens: s.InitialTokens, Outbox: s.Outbox, Tx: s.DB,
	}
}

func TestRegistrations_areToldToTheAuditLog(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.New(t, func(c *storage.Config) { c.URL = secret.NewString(server) })
	ctx := storagetest.Tenant(t, s, "a")
	token := provider.InitialToken{ID: uuid.Must(uuid.NewV7()), Hash: []byte("hash"), UsesLeft: 1, ExpiresAt: time.Now().Add(time.Hour)}
	if err := registrar(s).IssueInitialToken(ctx, token); err != nil {
		t.Fatal(err)
	}
	open, vouched, refused := registration(), registration(), registration()
	for _, c := range []struct {
		r    *provider.Registration
		hash []byte
		want error
	}{{open, nil, nil}, {vouched, []byte("hash"), nil}, {refused, []byte("hash"), provider.ErrInitialTokenUnknown}} {
		if err := registrar(s).Register(ctx, c.r, c.hash, 10); !errors.Is(err, c.want) {
			t.Fatal(err)
		}
	}
	if vouched.InitialToken != token.ID || open.InitialToken != uuid.Nil {
		t.Errorf("vouched for by %s and %s", vouched.InitialToken, open.InitialToken)
	}
	conn := storagetest.Owner(t, owner)
	for _, c := range []struct {
		r    *provider.Registration
		kind string
		rows int
	}{{open, "open", 1}, {vouched, "token", 1}, {refused, "token", 0}} {
		var rows int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM audit_log
			WHERE type = 'client.created' AND actor_type = 'client' AND actor_id = $1 AND subject = $1 AND data ->> 'registration' = $2`,
			c.r.Client.ClientID, c.kind).Scan(&rows)
		if err != nil || rows != c.rows {
			t.Errorf("%s: %d rows, %v", c.kind, rows, err)
		}
	}
}

// A use of a token and a place in the quota are not lost to a client that was not made.
func TestRegistrations_areMadeWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s := storagetest.New(t)
	ctx := storagetest.Tenant(t, s, "a")
	elsewhere := storagetest.Tenant(t, s, "b")
	token := provider.InitialToken{ID: uuid.Must(uuid.NewV7()), Hash: []byte("hash"), UsesLeft: 2, ExpiresAt: time.Now().Add(time.Hour)}
	if err := registrar(s).IssueInitialToken(ctx, token); err != nil {
		t.Fatal(err)
	}
	first, same, full, other := registration(), registration(), registration(), registration()
	same.Client.ClientID = first.Client.ClientID
	for i, c := range []struct {
		r     *provider.Registration
		quota int
		want  error
	}{{first, 5, nil}, {same, 5, provider.ErrClientIDTaken}, {full, 1, provider.ErrTooManyClients}} {
		if err := registrar(s).Register(ctx, c.r, token.Hash, c.quota); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
	if err := registrar(s).Register(elsewhere, other, token.Hash, 5); !errors.Is(err, provider.ErrInitialTokenUnknown) {
		t.Errorf("another tenant's token: %v", err)
	}
	left, err := s.InitialTokens.List(ctx)
	if err != nil || len(left) != 1 || left[0].UsesLeft != 1 {
		t.Errorf("left %+v %v", left, err)
	}
	if _, err := s.Registrations.Find(ctx, first.Client.ClientID, full.TokenHash); !errors.Is(err, provider.ErrRegistrationTokenUnknown) {
		t.Errorf("another's token: %v", err)
	}
	if _, err := s.Registrations.Find(elsewhere, first.Client.ClientID, first.TokenHash); !errors.Is(err, provider.ErrRegistrationTokenUnknown) {
		t.Errorf("in another tenant: %v", err)
	}
}

func TestInitialTokens_areAudited(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.New(t, func(c *storage.Config) { c.URL = secret.NewString(server) })
	ctx := storagetest.Tenant(t, s, "a")
	token := provider.InitialToken{ID: uuid.Must(uuid.NewV7()), Hash: []byte("hash"), UsesLeft: 2, ExpiresAt: time.Now().Add(time.Hour)}
	if err := registrar(s).IssueInitialToken(ctx, token); err != nil {
		t.Fatal(err)
	}
	if err := registrar(s).RevokeInitialToken(ctx, token.ID); err != nil {
		t.Fatal(err)
	}
	if err := registrar(s).RevokeInitialToken(ctx, token.ID); !errors.Is(err, provider.ErrInitialTokenUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	found, _ := storagetest.Owner(t, owner).Query(t.Context(), `SELECT type FROM audit_log WHERE subject = $1 AND actor_type = 'operator' ORDER BY occurred_at, id`, token.ID.String())
	types, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || !slices.Equal(types, []string{"initial_token.issued", "initial_token.revoked"}) {
		t.Errorf("audited %v, %v", types, err)
	}
}
