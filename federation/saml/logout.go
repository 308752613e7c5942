package saml

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"
	"github.com/google/uuid"

	"plinto/federation"
	"plinto/tenant"
)

// logoutLife is how long after it was written a logout message is taken: people are led straight here with it.
const logoutLife = 5 * time.Minute

// maxIndexes is how many sessions a logout request names at most.
const maxIndexes = 20

// maxRelay bounds what a provider gets back. It may send 80 bytes (SAML Bindings 2.0 §3.4.3); some send more.
const maxRelay = 1000

var errIndexes = errors.New("names of sessions that cannot be read, or too many")

// A sessionName is how a provider knows a session of its own: NameID and SessionIndex of the assertion (SAML Core 2.0 §3.7.1).
type sessionName struct {
	Format    string `json:"f,omitempty"`
	Qualifier string `json:"q,omitempty"`
	For       string `json:"s,omitempty"` // SPNameQualifier
	Value     string `json:"v"`
	Index     string `json:"i,omitempty"`
}

// nameOf is how the provider knows the session of an assertion that was checked.
func (c *Connector) nameOf(ctx context.Context, conn *federation.Connection, assertion *etree.Element, index string) ([]byte, error) {
	if !conn.RPLogout || conn.Known(c.now()).LogoutURL == "" {
		return nil, nil // nobody will ask
	}
	el := only(only(assertion, nsAssertion, "Subject"), nsAssertion, "NameID")
	value, err := text(el)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(sessionName{attribute(el, "Format"), attribute(el, "NameQualifier"), attribute(el, "SPNameQualifier"), value, index})
	if err != nil {
		return nil, fmt.Errorf("write name of session: %w", err)
	}
	return c.vault.SealName(tenant.Must(ctx).ID, conn, plain), nil
}

// A logoutRequest is a LogoutRequest (SAML Core 2.0 §3.7.1).
type logoutRequest struct {
	XMLName xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:protocol LogoutRequest"`
	message
	Until   string   `xml:"NotOnOrAfter,attr"`
	Issuer  string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Name    nameID   `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
	Indexes []string `xml:"urn:oasis:names:tc:SAML:2.0:protocol SessionIndex"`
}

type message struct {
	ID          string `xml:"ID,attr"`
	Version     string `xml:"Version,attr"`
	At          string `xml:"IssueInstant,attr"`
	Destination string `xml:"Destination,attr"`
}

type nameID struct {
	Format    string `xml:"Format,attr,omitempty"`
	Qualifier string `xml:"NameQualifier,attr,omitempty"`
	For       string `xml:"SPNameQualifier,attr,omitempty"`
	Value     string `xml:",chardata"`
}

// A logoutResponse is a LogoutResponse (SAML Core 2.0 §3.7.2).
type logoutResponse struct {
	XMLName xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:protocol LogoutResponse"`
	message
	To     string       `xml:"InResponseTo,attr"`
	Issuer string       `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Status statusOfSelf `xml:"urn:oasis:names:tc:SAML:2.0:protocol Status"`
}

type statusOfSelf struct {
	Code statusCode `xml:"urn:oasis:names:tc:SAML:2.0:protocol StatusCode"`
}

type statusCode struct {
	Value string `xml:"Value,attr"`
}

func (c *Connector) message(id, to string) message {
	return message{ID: id, Version: "2.0", At: c.now().UTC().Format(time.RFC3339), Destination: to}
}

// AskLogout implements federation.SingleLogoutConnector (SAML Profiles 2.0 §4.4.3.1).
func (c *Connector) AskLogout(ctx context.Context, conn *federation.Connection, name []byte, id string) (to federation.Departure, err error) {
	known := conn.Known(c.now())
	if known.LogoutURL == "" {
		return to, federation.ErrMisconfigured.With(errUnknown)
	}
	t := tenant.Must(ctx)
	plain, err := c.vault.OpenName(t.ID, conn, name)
	if err != nil {
		return to, err
	}
	var n sessionName
	if err := json.Unmarshal(plain, &n); err != nil {
		return to, fmt.Errorf("read name of session: %w", err)
	}
	q := logoutRequest{
		message: c.message(id, known.LogoutURL), Until: c.now().Add(logoutLife).UTC().Format(time.RFC3339), Issuer: federation.EntityID(t, conn),
		Name: nameID{n.Format, n.Qualifier, n.For, n.Value},
	}
	if n.Index != "" {
		q.Indexes = []string{n.Index}
	}
	written, err := xml.Marshal(q)
	if err != nil {
		return to, fmt.Errorf("write logout request: %w", err)
	}
	return c.send(ctx, conn, &outgoing{asks: true, to: known.LogoutURL, binding: known.LogoutBinding, message: written, signed: true})
}

// AnswerLogout implements federation.SingleLogoutConnector (SAML Profiles 2.0 §4.4.3.4).
func (c *Connector) AnswerLogout(ctx context.Context, conn *federation.Connection, asked *federation.LogoutAsked) (to federation.Departure, err error) {
	known := conn.Known(c.now())
	where := known.LogoutResponseURL
	if where == "" {
		where = known.LogoutURL
	}
	if where == "" {
		return to, nil
	}
	written, err := xml.Marshal(logoutResponse{
		message: c.message("_"+uuid.NewString(), where), To: asked.RequestID, Issuer: federation.EntityID(tenant.Must(ctx), conn),
		Status: statusOfSelf{statusCode{statusSuccess}},
	})
	if err != nil {
		return to, fmt.Errorf("write logout response: %w", err)
	}
	return c.send(ctx, conn, &outgoing{to: where, binding: known.LogoutBinding, message: written, relay: asked.RelayState, signed: true})
}

// expecting is who says something, and to whom, in a logout message.
func (c *Connector) expecting(ctx context.Context, conn *federation.Connection) (*verifier, *expected, error) {
	if err := federation.TakesKind(ctx, conn.Kind); err != nil {
		return nil, nil, federation.ErrDisabled.With(err)
	}
	known, now := conn.Known(c.now()), c.now()
	trusted, err := known.Trusted()
	if err != nil {
		return nil, nil, federation.ErrMisconfigured.With(err)
	}
	t := tenant.Must(ctx)
	return &verifier{trusted, now}, &expected{
		issuer: conn.Issuer, entityID: federation.EntityID(t, conn), acs: federation.LogoutServiceURI(t, conn), now: now,
	}, nil
}

// ReadLogoutRequest implements federation.SingleLogoutConnector.
func (c *Connector) ReadLogoutRequest(ctx context.Context, conn *federation.Connection, m *federation.LogoutMessage) (asked federation.LogoutAsked, err error) {
	v, x, err := c.expecting(ctx, conn)
	if err != nil {
		return asked, err
	}
	if len(m.RelayState) > maxRelay {
		return asked, federation.ErrLogoutMessage.With(errParameters)
	}
	el, err := v.incoming(m, RequestParameter, elLogoutRequest)
	if err == nil {
		asked, err = x.logoutRequest(el)
	}
	if err != nil {
		return asked, federation.ErrLogoutMessage.With(err)
	}
	asked.RelayState = m.RelayState
	return asked, nil
}

// ReadLogoutResponse implements federation.SingleLogoutConnector.
func (c *Connector) ReadLogoutResponse(ctx context.Context, conn *federation.Connection, m *federation.LogoutMessage, id string) error {
	v, x, err := c.expecting(ctx, conn)
	if err != nil {
		return err
	}
	el, err := v.incoming(m, ResponseParameter, elLogoutResponse)
	if err == nil {
		err = x.logoutMessage(el)
	}
	if err == nil && attribute(el, "InResponseTo") != id {
		err = errRequest
	}
	if err != nil {
		return federation.ErrLogoutMessage.With(err)
	}
	return nil
}

// logoutMessage checks what every logout message says (SAML Core 2.0 §3.2): who wrote it, when, and to whom. It was signed.
func (x *expected) logoutMessage(el *etree.Element) error {
	if attribute(el, "Version") != "2.0" || attribute(el, "ID") == "" {
		return errVersion
	}
	if err := x.issued(el); err != nil {
		return err
	}
	if attribute(el, "Destination") != x.acs { // SAML Bindings 2.0 §3.4.5.2, §3.5.5.2
		return errDestination
	}
	at, err := instant(el, "IssueInstant")
	if err != nil || at.IsZero() || at.After(x.now.Add(leeway)) || at.Before(x.now.Add(-leeway-logoutLife)) {
		return errTime
	}
	return nil
}

// logoutRequest reads a LogoutRequest.
func (x *expected) logoutRequest(el *etree.Element) (asked federation.LogoutAsked, err error) {
	if err := x.logoutMessage(el); err != nil {
		return asked, err
	}
	if err := x.within(el); err != nil {
		return asked, err
	}
	name := only(el, nsAssertion, "NameID")
	if name == nil {
		return asked, errSubject
	}
	if asked.Subject, _, err = x.named(name); err != nil {
		return asked, err
	}
	for _, index := range children(el, nsProtocol, "SessionIndex") {
		value, err := text(index)
		if err != nil || value == "" || !plain(value) || len(asked.SessionIDs) >= maxIndexes {
			return asked, errIndexes
		}
		asked.SessionIDs = append(asked.SessionIDs, value)
	}
	at, err := instant(el, "IssueInstant")
	asked.RequestID = attribute(el, "ID")
	asked.ID, asked.Expires = asked.RequestID, at.Add(logoutLife+2*leeway) // after that it is too old
	return asked, err
}
