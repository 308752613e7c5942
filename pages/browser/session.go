package browser

import (
	"errors"
	"net/http"
	"time"

	"plinto/identity"
	"plinto/internal/logs"
	"plinto/internal/secret"
	"plinto/tenant"
)

const (
	sessionBase = "plinto_s"
	// rotateAfter is how long a session token is used before it is replaced.
	rotateAfter = 12 * time.Hour
)

// Session returns the browser's live session, or nil. It moves the idle limit and
// replaces a token that has been in use for long. For a posted form it reads the row: a
// copy in Redis can be of a session that just ended, or an old copy that somebody with
// access to Redis put back.
func (b *Browser) Session(w http.ResponseWriter, r *http.Request) (*identity.Session, error) {
	token, ok := b.scope(r).Read(r, sessionBase)
	if !ok || !secret.WellFormed(identity.SessionPrefix, token) {
		return nil, nil
	}
	t := tenant.Must(r.Context())
	find := b.Sessions.Current
	if looks := r.Method == http.MethodGet || r.Method == http.MethodHead; looks {
		find = b.Sessions.ByToken
	}
	s, err := find(r.Context(), identity.SessionHash(t.ID, token))
	if errors.Is(err, identity.ErrNoSession) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !s.CreatedAt.After(t.NotBefore) {
		return nil, nil
	}
	if b.Now().Sub(s.RotatedAt) > rotateAfter {
		return b.rotate(w, r, s.TokenHash)
	}
	logs.NoteID(r.Context(), logs.UserID, identity.UserPrefix, s.UserID)
	return &s, b.Sessions.Touch(r.Context(), s)
}

// rotate replaces the token of a session. Renew writes all that it is given, so that
// comes from the row.
func (b *Browser) rotate(w http.ResponseWriter, r *http.Request, old []byte) (*identity.Session, error) {
	t, token := tenant.Must(r.Context()), secret.Token(identity.SessionPrefix)
	s, err := b.Sessions.Current(r.Context(), old)
	if err == nil {
		s.TokenHash = identity.SessionHash(t.ID, token)
		s.RotatedAt = b.Now()
		s.Gap, s.SeenAt = s.Unused(s.RotatedAt), s.RotatedAt
		err = b.Sessions.Renew(r.Context(), old, s)
	}
	if errors.Is(err, identity.ErrNoSession) {
		return nil, nil // another tab rotated it a moment ago, or it ended
	}
	if err != nil {
		return nil, err
	}
	logs.NoteID(r.Context(), logs.UserID, identity.UserPrefix, s.UserID)
	b.KeepSession(w, r, token, s)
	return &s, nil
}

// KeepSession gives the browser the session's token. A session that is not
// remembered goes with the browser.
func (b *Browser) KeepSession(w http.ResponseWriter, r *http.Request, token string, s identity.Session) {
	b.scope(r).Set(w, sessionBase, token, b.life(s))
	b.keepState(w, r, s)
	b.fitSession(w, r)
}

// life is how long the browser keeps the cookies of a session; zero: until it closes.
func (b *Browser) life(s identity.Session) time.Duration {
	if !s.Remembered {
		return 0
	}
	return s.ExpiresAt.Sub(b.Now())
}

// ForgetSession removes the session's token from the browser.
func (b *Browser) ForgetSession(w http.ResponseWriter, r *http.Request) {
	b.scope(r).Clear(w, sessionBase)
	b.forgetState(w, r)
}
