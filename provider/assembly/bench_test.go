package assembly

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// one client, held in memory as clients are.
type one struct {
	provider.Clients
	client provider.Client
}

func (o *one) ByClientID(_ context.Context, id string) (*provider.Client, error) {
	if id != o.client.ClientID {
		return nil, provider.ErrClientNotFound
	}
	return &o.client, nil
}

type noServers struct{ provider.ResourceServers }

func (noServers) All(context.Context) ([]provider.ResourceServer, error) { return nil, nil }

// supported are the languages that there are pages in.
func supported(wanted []string) []string {
	return slices.DeleteFunc(wanted, func(tag string) bool { return tag != "de" && tag != "en" })
}

func world() (*Assembler, context.Context, *one) {
	o := &one{client: provider.Client{ID: uuid.New(), ClientID: "web", Metadata: provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
	}.WithDefaults()}}
	a := &Assembler{Clients: o, Scopes: provider.ScopePolicy{Resources: noServers{}}, Now: time.Now, Locales: supported}
	t := &tenant.Tenant{ID: tenant.ID(uuid.New()), Issuer: "https://op.example"}
	return a, tenant.With(context.Background(), t), o
}

const usual = "client_id=web&redirect_uri=https%3A%2F%2Frp.example%2Fcb&response_type=code&scope=openid+profile+email&state=0123456789abcdef" +
	"&nonce=0123456789abcdef&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&login_hint=alice%40example.com&ui_locales=de"

func BenchmarkAssemble(b *testing.B) {
	a, ctx, _ := world()
	params, err := web.ParseQueryRepeatable(usual)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Assemble(ctx, params); err != nil {
			b.Fatal(err)
		}
	}
}

// The checks of an ordinary request cost at most forty allocations.
func TestAssemble_allocatesLittle(t *testing.T) {
	a, ctx, _ := world()
	params, err := web.ParseQueryRepeatable(usual)
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		if _, err := a.Assemble(ctx, params); err != nil {
			t.Fatal(err)
		}
	})
	if n > 40 {
		t.Errorf("%v allocations", n)
	}
}
