package freshness

import (
	"context"
	"encoding/base64"
	"encoding/binary"

	"plinto/internal/secret"
)

// Positions are handed to those who have to see what they changed. They are sealed for whom they are:
// how much others write is nobody's business.
type Positions struct {
	Database Written
	Box      *secret.Box
}

// Written knows how far the database is.
type Written interface {
	// Written returns a position after everything that has been committed; zero where every read sees it.
	Written(ctx context.Context) (Position, error)
}

// Now returns the position after everything that has been committed, sealed for whose it is, in
// characters of base64url; "" where every read sees it.
func (p *Positions) Now(ctx context.Context, whose ...string) string {
	at, err := p.Database.Written(ctx)
	if err != nil {
		at = Newest // what was changed is committed all the same
	}
	if at == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(p.Box.Seal(binary.BigEndian.AppendUint64(nil, uint64(at)), whose...))
}

// Open returns the position that Now sealed for the same. What cannot be opened, because it is of another
// installation or made up, is Newest, which nobody satisfies but who sees everything. "" is zero.
func (p *Positions) Open(sealed string, whose ...string) Position {
	if sealed == "" {
		return 0
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return Newest
	}
	plain, err := p.Box.Open(raw, whose...)
	if err != nil || len(plain) != 8 {
		return Newest
	}
	return Position(binary.BigEndian.Uint64(plain))
}
