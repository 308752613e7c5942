package federation

import (
	"context"
	"encoding/base64"
	"maps"
	"net/url"

	"plinto/internal/secret"
	"plinto/tenant"
)

// The members of an answer that is posted which are taken, and that in which the rest of them is kept, sealed.
const (
	formUser = "user"
	formKept = "form"
	maxUser  = 2000 // bytes
)

func newForms(root secret.Root) *secret.Box {
	box, err := secret.NewBox(root.Subkey("plinto/federation/form/v1"))
	if err != nil {
		panic(err) // a subkey has the right length
	}
	return box
}

// FormPost takes an answer that the page of a provider posted (OAuth 2.0 Form Post Response Mode 1.0 §2). Another site posts it, so
// the browser sends no cookie along; it is sent to the callback again by itself, with the query that is returned. What the
// provider says about a person is sealed in there: addresses are logged on the way. ErrState, ErrNotFound.
func (s *SignIns) FormPost(ctx context.Context, slug string, form url.Values) (url.Values, error) {
	c, err := s.Connections.BySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	state := form.Get("state")
	holder, err := HolderOf(state)
	if err != nil || !c.known().FormPost {
		return nil, ErrState
	}
	if _, err := s.begunAt(ctx, &c, state, holder); err != nil {
		return nil, err
	}
	out := url.Values{}
	for _, name := range []string{"state", "code", "error", "iss"} {
		if given := form[name]; len(given) > 0 {
			out[name] = given
		}
	}
	if user := form.Get(formUser); user != "" && len(user) <= maxUser && c.known().NameOnce {
		out.Set(formKept, base64.RawURLEncoding.EncodeToString(s.forms.Seal([]byte(user), tenant.Must(ctx).ID.String(), c.ID.String(), state)))
	}
	return out, nil
}

// withForm returns an answer with what FormPost sealed, and nothing that only looks so.
func (s *SignIns) withForm(ctx context.Context, c *Connection, answer url.Values) url.Values {
	all := maps.Clone(answer)
	all.Del(formUser)
	sealed, err := base64.RawURLEncoding.DecodeString(all.Get(formKept))
	if err != nil || len(sealed) == 0 {
		return all
	}
	if user, err := s.forms.Open(sealed, tenant.Must(ctx).ID.String(), c.ID.String(), all.Get("state")); err == nil {
		all.Set(formUser, string(user))
	}
	return all
}
