package federation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// An RPLogoutConnector is a Connector whose providers take browsers that sign out (OpenID Connect RP-Initiated Logout 1.0).
type RPLogoutConnector interface {
	// LogoutURL returns where the browser goes, or "" when the provider has no such place. The provider leads it back with state.
	// ErrUnavailable, ErrMisconfigured.
	LogoutURL(ctx context.Context, c *Connection, back, state, locales string) (string, error)
}

// LogoutRedirect returns where a browser goes next whose session here has ended and was begun with an account at a provider, and how
// the provider is called; "" where it goes nowhere: the connection does not pass it on, or the provider cannot be asked. The provider
// knows its session by the browser: its ID token, which would name it, is not kept.
func (s *SignIns) LogoutRedirect(ctx context.Context, of identity.Upstream, state, locales string) (to, name string, err error) {
	if of.Connection == uuid.Nil {
		return "", "", nil
	}
	c, err := s.Connections.ByID(ctx, of.Connection)
	if errors.Is(err, ErrNotFound) {
		return "", "", nil
	}
	if err != nil || !c.Enabled() || !c.RPLogout {
		return "", "", err
	}
	if _, asks := s.Connectors[c.Kind].(SingleLogoutConnector); asks {
		return s.leadBy(ctx, &c, of, state), c.Name, nil
	}
	leader, ok := s.Connectors[c.Kind].(RPLogoutConnector)
	if !ok {
		return "", "", nil
	}
	to, err = leader.LogoutURL(ctx, &c, PostLogoutURI(tenant.Must(ctx), &c), state, locales)
	if fault.KindOf(err) == fault.Unavailable {
		return "", "", nil // who signed out here is told so
	}
	return to, c.Name, err
}

// A BackChannelConnector is a Connector whose providers tell of logouts (OpenID Connect Back-Channel Logout 1.0).
type BackChannelConnector interface {
	// LogoutToken checks a logout token of a provider. ErrLogoutToken, ErrUnavailable, ErrMisconfigured.
	LogoutToken(ctx context.Context, c *Connection, token string) (UpstreamLogout, error)
}

// An UpstreamLogout is what a provider says has ended there: one of its sessions, or all of an account.
type UpstreamLogout struct {
	Issuer     string   // of the account
	Subject    string   // "" when SessionIDs alone say it
	SessionIDs []string // sid; none: all sessions of the account
	ID         string   // jti
	Expires    time.Time
}

// Errors of logouts that providers tell of.
var (
	ErrLogoutToken    = fault.New(fault.Invalid, "logout_token_invalid", "The logout token is not valid for this connection.")
	ErrLogoutRepeated = fault.New(fault.Invalid, "logout_token_repeated", "The logout token was used before.")
)

// LogoutTokens are the logout tokens of providers that were used.
type LogoutTokens interface {
	// UseLogout uses up a logout token, by its hash, and returns the identity that it is about; uuid.Nil when nobody here has it,
	// or it names no subject. ErrLogoutRepeated.
	UseLogout(ctx context.Context, hash []byte, until time.Time, of Identity) (uuid.UUID, error)
}

// Logouts end sessions when a provider says that its own have ended.
type Logouts struct {
	Connections Connections
	Connectors  map[string]Connector // by kind
	Tokens      LogoutTokens
	Tx          identity.Transactor
	Endings     Endings
}

// End ends the sessions that a logout token is about, with what hangs on them but offline access (Back-Channel Logout 1.0 §2.7), and
// returns how many. A token is used in the transaction that ends them: if that fails, the provider can send it again.
// ErrNotFound, ErrDisabled, ErrLogoutToken, ErrLogoutRepeated, ErrUnavailable, ErrMisconfigured.
func (l *Logouts) End(ctx context.Context, slug, token string) (ended int, err error) {
	c, err := l.Connections.BySlug(ctx, slug)
	if err != nil {
		return 0, err
	}
	if !c.Enabled() {
		return 0, ErrDisabled
	}
	teller, ok := l.Connectors[c.Kind].(BackChannelConnector)
	if !ok {
		return 0, ErrLogoutToken
	}
	told, err := teller.LogoutToken(ctx, &c, token)
	if err != nil {
		return 0, err
	}
	return l.end(ctx, &c, &told)
}

// end ends what a provider says has ended, once.
func (l *Logouts) end(ctx context.Context, c *Connection, told *UpstreamLogout) (ended int, err error) {
	hash := secret.Hash("logout-token", tenant.Must(ctx).ID, c.ID.String()+" "+told.ID)
	ctx = event.WithActor(ctx, event.Actor{Type: "connection", ID: c.PublicID()})
	var about []identity.Begun
	for _, sid := range told.SessionIDs {
		about = append(about, identity.Begun{Connection: c.ID, SID: sidHash(ctx, c, sid)})
	}
	if len(about) == 0 {
		about = []identity.Begun{{Connection: c.ID}}
	}
	first := make([]int, len(about)) // of each, how many ended with the use of the message
	err = l.Tx.InTx(ctx, func(ctx context.Context) error {
		of, err := l.Tokens.UseLogout(ctx, hash, told.Expires, Identity{Connection: c.ID, Issuer: told.Issuer, Subject: told.Subject})
		if err != nil || told.Subject != "" && of == uuid.Nil {
			return err
		}
		for i := range about {
			about[i].Identity = of
			if first[i], err = l.Endings.end(ctx, about[i], event.SessionUpstreamLogout); err != nil {
				return err
			}
		}
		return nil
	})
	for i, n := range first {
		ended += n
		for ; err == nil && n == identity.MaxEnded && ended < maxLogout; ended += n {
			n, err = l.Endings.end(ctx, about[i], event.SessionUpstreamLogout)
		}
	}
	return ended, err
}

// maxLogout bounds the sessions that a logout token ends, each hundred in a transaction of its own.
const maxLogout = 2000
