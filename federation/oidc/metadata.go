package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/jwt"
	"plinto/internal/strictjson"
)

// metadata is what is used of a provider's (OpenID Connect Discovery 1.0 §3).
type metadata struct {
	federation.Endpoints

	AnswersName bool // authorization_response_iss_parameter_supported (RFC 9207 §3)
	TellsWhen   bool // claims_supported has auth_time: what max_age asks for is told, and a token without it is refused
}

var errIssuer = errors.New("the discovery document is another issuer's")

// A statusError is the HTTP status of a provider that fails.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("status %d", int(s)) }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// challenge is the S256 challenge of a verifier (RFC 7636 §4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// metadata returns the provider's endpoints: those of the connection, or those of its discovery document.
func (c *Connector) metadata(ctx context.Context, conn *federation.Connection) (*metadata, error) {
	if conn.Endpoints != nil {
		return &metadata{Endpoints: *conn.Endpoints}, nil
	}
	e := c.entry(ctx, conn)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.document.refresh(c.now(), false, func() (*metadata, error) {
		body, err := c.get(ctx, conn, strings.TrimSuffix(conn.Issuer, "/")+"/.well-known/openid-configuration", acceptJSON)
		if err != nil {
			return nil, err
		}
		m, err := c.parseMetadata(documentIssuer(conn), body)
		if err != nil {
			return nil, federation.ErrMisconfigured.With(err)
		}
		m.TellsWhen = m.TellsWhen && conn.Kind == federation.KindOIDC && !preset.Of(conn.Preset).Untimed
		return m, nil
	})
}

// documentIssuer is the issuer that a discovery document has to name: with a place for the customer, where there are many.
func documentIssuer(conn *federation.Connection) string { return conn.IssuerOf("{tenantid}") }

// parseMetadata reads a discovery document. That of another issuer is none (OpenID Connect Discovery 1.0 §4.3).
func (c *Connector) parseMetadata(issuer string, body []byte) (*metadata, error) {
	var m metadata
	var named string
	texts := map[string]*string{
		"issuer": &named, "authorization_endpoint": &m.Authorization, "token_endpoint": &m.Token, "jwks_uri": &m.JWKS, "userinfo_endpoint": &m.UserInfo, "end_session_endpoint": &m.EndSession,
	}
	err := strictjson.Object(body, documentLimits, func(name string, value []byte) error {
		if into, ok := texts[name]; ok {
			return readText(value, into)
		}
		switch name {
		case "authorization_response_iss_parameter_supported":
			m.AnswersName = string(value) == "true"
		case "claims_supported":
			var claims []string
			m.TellsWhen = json.Unmarshal(value, &claims) == nil && slices.Contains(claims, "auth_time")
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read discovery document: %w", err)
	case named != issuer:
		return nil, errIssuer
	}
	for _, address := range []string{m.Authorization, m.Token, m.JWKS} {
		if err := c.client.CheckURL(address); err != nil {
			return nil, fmt.Errorf("discovery document: %w", err)
		}
	}
	if m.UserInfo != "" && c.client.CheckURL(m.UserInfo) != nil {
		m.UserInfo = ""
	}
	if m.EndSession != "" && c.client.CheckURL(m.EndSession) != nil {
		m.EndSession = ""
	}
	return &m, nil
}

var documentLimits = strictjson.Limits{Depth: 16}

// readText reads a JSON string.
func readText(value []byte, into *string) error {
	if len(value) == 0 || value[0] != '"' {
		return errors.New("string expected")
	}
	return json.Unmarshal(value, into)
}

// keySet is a provider's.
type keySet struct{ signing jwt.Keys }

// signingKeys returns the provider's key set; again asks for it once more, because a key was not there.
func (c *Connector) signingKeys(ctx context.Context, conn *federation.Connection, address string, again bool) (keySet, error) {
	e := c.entry(ctx, conn)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.keys.refresh(c.now(), again, func() (keySet, error) {
		body, err := c.get(ctx, conn, address, acceptJSON)
		if err != nil {
			return keySet{}, err
		}
		keys, err := jwt.ParseKeys(body)
		if err != nil {
			return keySet{}, federation.ErrMisconfigured.With(err)
		}
		return keySet{keys}, nil
	})
}

// Probe implements federation.Connector.
func (c *Connector) Probe(ctx context.Context, conn *federation.Connection) federation.Report {
	var r federation.Report
	found := func(name string, err error) bool {
		check := federation.Check{Name: name, OK: err == nil}
		if err != nil {
			check.Detail = reason(err)
		}
		r.Checks = append(r.Checks, check)
		return err == nil
	}
	_ = c.do(ctx, conn, func(ctx context.Context) error {
		fresh := *conn
		fresh.Version = -1 // what is held is not what is asked about
		c.forget(ctx, &fresh)
		m, err := c.metadata(ctx, &fresh)
		if !found("discovery", err) {
			return err
		}
		r.Endpoints = m.Endpoints
		if conn.Kind == federation.KindOAuth2 { // nothing else can be asked without a user
			return nil
		}
		if hosts := m.hosts(); len(hosts) > 1 {
			r.Checks = append(r.Checks, federation.Check{Name: "hosts", OK: true, Warning: true, Detail: "endpoints are on several hosts: " + strings.Join(hosts, ", ")})
		}
		keys, err := c.signingKeys(ctx, &fresh, m.JWKS, false)
		if err == nil && len(keys.signing) == 0 {
			err = federation.ErrMisconfigured.With(errors.New("the key set has no key that signs"))
		}
		found("keys", err)
		return err
	})
	if len(r.Checks) == 0 {
		found("provider", federation.ErrUnavailable)
	}
	return r
}

func (c *Connector) forget(ctx context.Context, conn *federation.Connection) {
	e := c.entry(ctx, conn)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.document, e.keys = fetched[*metadata]{}, fetched[keySet]{}
}

// reason says in our words what is wrong, and nothing of what was found there.
func reason(err error) string {
	switch {
	case errors.Is(err, errIssuer):
		return "the discovery document names another issuer"
	case errors.Is(err, jwt.ErrKey):
		return "the key set has a key that cannot be used"
	case errors.Is(err, federation.ErrUnavailable):
		return "could not be reached"
	}
	return "is not what OpenID Connect says"
}

// hosts are those of the endpoints, each once.
func (m *metadata) hosts() (hosts []string) {
	for _, address := range []string{m.Authorization, m.Token, m.JWKS, m.UserInfo} {
		if u, err := url.Parse(address); err == nil && u.Host != "" && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}
