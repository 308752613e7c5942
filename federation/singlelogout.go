package federation

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/tenant"
)

// A SingleLogoutConnector is a Connector whose providers are asked to end sessions by messages that the browser carries, and ask so themselves
// (SAML Profiles 2.0 §4.4).
type SingleLogoutConnector interface {
	// AskLogout returns how a browser asks the provider, by a request with that id, to end the session that it knows by that name.
	// ErrMisconfigured.
	AskLogout(ctx context.Context, c *Connection, name []byte, id string) (Departure, error)
	// ReadLogoutResponse checks an answer of the provider to the request with that id, whatever it says of its session.
	// ErrLogoutMessage, ErrDisabled, ErrMisconfigured.
	ReadLogoutResponse(ctx context.Context, c *Connection, m *LogoutMessage, id string) error
	// ReadLogoutRequest checks a request of the provider. ErrLogoutMessage, ErrDisabled, ErrMisconfigured.
	ReadLogoutRequest(ctx context.Context, c *Connection, m *LogoutMessage) (LogoutAsked, error)
	// AnswerLogout returns how a browser brings the provider the answer that it is done; a Departure without URL where it takes none.
	AnswerLogout(ctx context.Context, c *Connection, asked *LogoutAsked) (Departure, error)
}

// A LogoutMessage is one that a browser brought from a provider: as the query of an address, as it was sent, or as a form.
type LogoutMessage struct {
	Query      string
	Form       url.Values
	RelayState string
}

// A LogoutAsked is what a provider asks for.
type LogoutAsked struct {
	UpstreamLogout

	RequestID, RelayState string // for the answer
}

// ErrLogoutMessage reports a logout message of a provider that is not believed.
var ErrLogoutMessage = fault.New(fault.Invalid, "logout_message_invalid", "The logout message is not valid for this connection.")

// A LogoutRound is one way to a provider and back of somebody who has signed out here.
type LogoutRound struct {
	ID    string    `json:"i"`           // of the request
	Slug  string    `json:"c"`           // of the connection
	State string    `json:"s,omitempty"` // says where they go on: see RPLogoutConnector
	At    time.Time `json:"t"`
}

// A leaving is what LogoutRedirect seals: the name of the provider's session is in no address.
type leaving struct {
	Name  []byte    `json:"n"`
	State string    `json:"s"`
	At    time.Time `json:"t"`
}

// leadBy returns the address of ours from which the browser goes to the provider; "": it is not asked.
func (s *SignIns) leadBy(ctx context.Context, c *Connection, of identity.Upstream, state string) string {
	if len(of.Name) == 0 || c.Known(s.Now()).LogoutURL == "" || TakesKind(ctx, c.Kind) != nil || !s.Available(ctx, c) {
		return ""
	}
	plain, err := json.Marshal(leaving{of.Name, state, s.Now()})
	if err != nil {
		return ""
	}
	t := tenant.Must(ctx)
	sealed := base64.RawURLEncoding.EncodeToString(s.forms.Seal(plain, "leaving", t.ID.String(), c.ID.String()))
	return addressAt(t, c, paths.FederationLogOut) + "?" + url.Values{"to": {sealed}}.Encode()
}

// AskLogout returns how a browser that LogoutRedirect led here goes to the provider, and what it has to keep until it comes back. ErrNotFound,
// ErrDisabled, ErrState, ErrMisconfigured; also with the State of a round that goes nowhere.
func (s *SignIns) AskLogout(ctx context.Context, slug, sealed string) (to Departure, round LogoutRound, err error) {
	c, err := s.Enabled(ctx, slug)
	if err != nil {
		return to, round, err
	}
	asker, ok := s.Connectors[c.Kind].(SingleLogoutConnector)
	if !ok || TakesKind(ctx, c.Kind) != nil {
		return to, round, ErrNotFound
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return to, round, ErrState
	}
	var l leaving
	plain, err := s.forms.Open(raw, "leaving", tenant.Must(ctx).ID.String(), c.ID.String())
	if err != nil || json.Unmarshal(plain, &l) != nil || s.Now().Sub(l.At) > RoundLife {
		return to, round, ErrState
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	round = LogoutRound{ID: "_" + hex.EncodeToString(id), Slug: slug, State: l.State, At: s.Now()}
	to, err = asker.AskLogout(ctx, &c, l.Name, round.ID)
	return to, round, err
}

// LogoutAnswered checks what a provider answered to a round. ErrNotFound, ErrState, ErrLogoutMessage, ErrDisabled, ErrMisconfigured.
func (s *SignIns) LogoutAnswered(ctx context.Context, slug string, round *LogoutRound, m *LogoutMessage) error {
	c, err := s.Enabled(ctx, slug)
	if err != nil {
		return err
	}
	asker, ok := s.Connectors[c.Kind].(SingleLogoutConnector)
	if !ok {
		return ErrNotFound
	}
	if round.ID == "" || round.Slug != slug || s.Now().Sub(round.At) > RoundLife {
		return ErrState
	}
	return asker.ReadLogoutResponse(ctx, &c, m, round.ID)
}

// Asked ends the sessions that a logout request of a provider is about, as End does, and returns how the browser brings it the answer. A
// request counts once. ErrNotFound, ErrDisabled, ErrLogoutMessage, ErrMisconfigured.
func (l *Logouts) Asked(ctx context.Context, slug string, m *LogoutMessage) (to Departure, err error) {
	c, err := l.Connections.BySlug(ctx, slug)
	if err != nil {
		return to, err
	}
	if !c.Enabled() {
		return to, ErrDisabled
	}
	asker, ok := l.Connectors[c.Kind].(SingleLogoutConnector)
	if !ok {
		return to, ErrNotFound
	}
	asked, err := asker.ReadLogoutRequest(ctx, &c, m)
	if err != nil {
		return to, err
	}
	asked.Issuer = c.Issuer
	_, err = l.end(ctx, &c, &asked.UpstreamLogout)
	if errors.Is(err, ErrLogoutRepeated) {
		return to, ErrLogoutMessage.With(err)
	}
	if err != nil {
		return to, fmt.Errorf("end sessions of provider: %w", err)
	}
	return asker.AnswerLogout(ctx, &c, &asked)
}
