package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"plinto/internal/secret"
	"plinto/tenant"
)

// The link of a mail does the same as its code, in any browser. Its row names the code and is only
// looked at: what is spent is the code. So code and link work once together, and both are good for
// the life of their rows, by the clock of the database.

// A LinkedCode is what the row of a link holds, sealed.
type LinkedCode struct {
	MailedCode
	Ref string `json:"f,omitempty"` // of the letter
}

// linkRow returns how the link with a token is stored.
func (u *CodeUse) linkRow(id tenant.ID, token string) (purpose string, hash []byte) {
	hash = secret.Hash(u.Context+"-link", id, token)
	return u.Purpose + "link:" + hex.EncodeToString(hash[:8]), hash
}

func (s *MailedCodes) keepLink(ctx context.Context, u *CodeUse, m *MailedCode, code, token, ref string) error {
	linked := LinkedCode{*m, ref}
	linked.Code = code
	plain, err := json.Marshal(linked)
	if err != nil {
		return err
	}
	id := tenant.Must(ctx).ID
	purpose, hash := u.linkRow(id, token)
	data, err := json.Marshal(sealedLetter{s.Box.Seal(plain, "link", id.String(), purpose)})
	if err != nil {
		return err
	}
	if err := s.Codes.Issue(ctx, purpose, hash, data, u.life()); err != nil {
		return fmt.Errorf("keep link: %w", err)
	}
	return nil
}

// LinkWellFormed reports whether text may be the token of a link: whether it is worth keeping.
func (u *CodeUse) LinkWellFormed(text string) bool { return secret.WellFormed(u.Link, text) }

// Linked returns the code that a link stands for, and whether it can still be spent. It changes
// nothing. ErrLinkUnknown once the life of the link is over.
func (s *MailedCodes) Linked(ctx context.Context, u *CodeUse, token string) (linked LinkedCode, stands bool, err error) {
	if !u.LinkWellFormed(token) {
		return linked, false, ErrLinkUnknown
	}
	id := tenant.Must(ctx).ID
	purpose, hash := u.linkRow(id, token)
	data, err := s.Codes.Peek(ctx, purpose, hash)
	if err != nil {
		return linked, false, err
	}
	var sealed sealedLetter
	if err := json.Unmarshal(data, &sealed); err != nil {
		return linked, false, fmt.Errorf("read link: %w", err)
	}
	plain, err := s.Box.Open(sealed.Letter, "link", id.String(), purpose)
	if err != nil {
		return linked, false, fmt.Errorf("open link: %w", err)
	}
	if err := json.Unmarshal(plain, &linked); err != nil {
		return linked, false, fmt.Errorf("read link: %w", err)
	}
	stands, err = s.stands(ctx, u, &linked.MailedCode)
	return linked, stands, err
}

// stands reports whether a code can be spent, verified or not.
func (s *MailedCodes) stands(ctx context.Context, u *CodeUse, m *MailedCode) (bool, error) {
	hash := u.hash(tenant.Must(ctx).ID, m, m.Code)
	_, err := s.Codes.Peek(ctx, u.pending(m), hash)
	if errors.Is(err, ErrLinkUnknown) {
		_, err = s.Codes.Peek(ctx, u.done(m), hash)
	}
	if errors.Is(err, ErrLinkUnknown) {
		return false, nil
	}
	return err == nil, err
}

// SpendLinked uses the code of a link up, whether or not somebody verified it. It needs a
// transaction. ErrLinkUnknown.
func (s *MailedCodes) SpendLinked(ctx context.Context, u *CodeUse, m *MailedCode) error {
	if err := s.Codes.Advance(ctx, u.pending(m), u.done(m), u.hash(tenant.Must(ctx).ID, m, m.Code), verifiedLife); err != nil {
		return err
	}
	return s.Spend(ctx, u, m)
}
