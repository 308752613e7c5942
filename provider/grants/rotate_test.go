package grants

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/provider"
)

func TestVerdict_ofATokenThatWasNotRotated(t *testing.T) {
	t.Parallel()
	a, b := []byte("a"), []byte("b")
	good := provider.PresentedToken{Stands: true, Used: true, Recent: true, Followed: true, Within: true}
	for name, c := range map[string]struct {
		change func(*provider.PresentedToken)
		by     provider.Party
		want   error
	}{
		"again, soon":                     {func(*provider.PresentedToken) {}, provider.Party{}, nil},
		"again, late":                     {func(p *provider.PresentedToken) { p.Recent = false }, provider.Party{}, provider.ErrRefreshReused},
		"again, late, the grant is over":  {func(p *provider.PresentedToken) { p.Recent, p.Stands = false, false }, provider.Party{}, provider.ErrRefreshReused},
		"again, nothing followed":         {func(p *provider.PresentedToken) { p.Followed = false }, provider.Party{}, provider.ErrRefreshReused},
		"again, too much asked":           {func(p *provider.PresentedToken) { p.Within = false }, provider.Party{}, provider.ErrScopeExceeds},
		"the grant is over":               {func(p *provider.PresentedToken) { p.Stands = false }, provider.Party{}, provider.ErrGrantRevoked},
		"unused, expired":                 {func(p *provider.PresentedToken) { p.Used, p.Expired = false, true }, provider.Party{}, provider.ErrRefreshUnknown},
		"unused, too much asked":          {func(p *provider.PresentedToken) { p.Used, p.Within = false, false }, provider.Party{}, provider.ErrScopeExceeds},
		"unused, by another device":       {func(p *provider.PresentedToken) { p.Used, p.Holder.Device = false, a }, provider.Party{Device: b}, provider.ErrRefreshReused},
		"again, by another device":        {func(p *provider.PresentedToken) { p.First.Device = a }, provider.Party{Device: b}, provider.ErrRefreshReused},
		"again, by the same device":       {func(p *provider.PresentedToken) { p.First.Device = a }, provider.Party{Device: a}, nil},
		"unused, stands again":            {func(p *provider.PresentedToken) { p.Used = false }, provider.Party{}, provider.ErrGrantRevoked},
		"unused, first is of nobody's":    {func(p *provider.PresentedToken) { p.Used, p.First.Device = false, a }, provider.Party{Device: b}, provider.ErrGrantRevoked},
		"unused, by another key, expired": {func(p *provider.PresentedToken) { p.Used, p.Expired, p.Holder.Proof = false, true, a }, provider.Party{Proof: b}, provider.ErrRefreshUnknown},
	} {
		p := good
		c.change(&p)
		if err := verdict(&p, c.by); !errors.Is(err, c.want) || err != nil && c.want == nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// presented is a store with one refresh token that cannot be rotated.
type presented struct {
	provider.RefreshTokens
	provider.PresentedToken
	counted int
	ended   []uuid.UUID
	told    []event.Event
}

func (p *presented) Rotate(context.Context, uuid.UUID, []byte, provider.RefreshToken, []byte, []string) (provider.Rotation, bool, error) {
	return provider.Rotation{}, false, nil
}

func (p *presented) Presented(context.Context, uuid.UUID, []byte, []string, time.Duration) (provider.PresentedToken, error) {
	return p.PresentedToken, nil
}

func (p *presented) CountRepeat(context.Context, []byte) error { p.counted++; return nil }

func (p *presented) Revoke(_ context.Context, id uuid.UUID) (provider.GrantParties, bool, error) {
	p.ended = append(p.ended, id)
	return provider.GrantParties{ClientID: p.Grant.ClientID, UserID: p.Grant.UserID}, len(p.ended) == 1, nil
}

func (p *presented) Append(_ context.Context, events ...event.Event) error {
	p.told = append(p.told, events...)
	return nil
}

func (p *presented) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

func TestRotate_endsTheGrantOfATokenUsedLateWithOneEvent(t *testing.T) {
	t.Parallel()
	p := &presented{PresentedToken: provider.PresentedToken{Stands: true, Used: true, Followed: true, Within: true}}
	p.Grant = provider.Grant{ID: uuid.New(), ClientID: uuid.New(), UserID: uuid.New()}
	s := &Service{RefreshTokens: p, Grants: p, Outbox: p, Tx: p}
	for range 3 {
		_, err := s.Rotate(t.Context(), Use{}, provider.RefreshToken{}, nil)
		if !errors.Is(err, provider.ErrRefreshReused) || !errors.Is(err, fault.ErrRecorded) {
			t.Fatalf("got %v, want ErrRefreshReused that is recorded", err)
		}
	}
	if len(p.told) != 1 || p.ended[0] != p.Grant.ID || p.counted != 0 {
		t.Errorf("got %d events, ended %v, counted %d", len(p.told), p.ended, p.counted)
	}
	if e := p.told[0]; e.Type() != (event.TokenReuseDetected{}).Type() || e.Outcome != "failure" || e.Reason != "refresh_token_reused" || e.Subject == "" {
		t.Errorf("got %+v", e)
	}
}

func TestRotate_countsRepeatsAndRecordsFewOfThem(t *testing.T) {
	t.Parallel()
	p := &presented{PresentedToken: provider.PresentedToken{Stands: true, Used: true, Recent: true, Followed: true, Within: true}}
	s := &Service{RefreshTokens: p, Grants: p, Outbox: p, Tx: p}
	for range 1000 {
		if _, err := s.Rotate(t.Context(), Use{}, provider.RefreshToken{}, nil); err != nil {
			t.Fatal(err)
		}
		p.Repeats++
	}
	if p.counted != 1000 || len(p.told) != 16+5 || len(p.ended) != 0 { // 32, 64, 128, 256, 512
		t.Errorf("counted %d, %d events, ended %v", p.counted, len(p.told), p.ended)
	}
}
