package federation

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// An ahead is what the metadata of a provider said before the transaction in which they are needed: another server answers when it
// likes, while a transaction holds a connection and rows.
type ahead struct {
	source *MetadataSource // nil: nothing was read
	found  Described
	err    error
}

type aheadKey struct{}

// AheadOfCreate reads the metadata that Create needs, and returns the context that has them: in it Create asks no other server. What is
// wrong with the connection Create says.
func (s *Service) AheadOfCreate(ctx context.Context, spec Spec) context.Context { //nolint:gocritic // as Create has it
	return s.ahead(ctx, &Connection{ID: uuid.Must(uuid.NewV7()), Spec: NewSpec(spec)})
}

// AheadOfUpdate is AheadOfCreate for Update.
func (s *Service) AheadOfUpdate(ctx context.Context, id uuid.UUID, edit func(*Spec)) context.Context {
	c, err := s.ByID(ctx, id)
	if err != nil || c.Unreadable != "" {
		return s.ahead(ctx, &Connection{})
	}
	before := c.Spec
	edit(&c.Spec)
	c.normalize()
	if !otherProvider(differences(&before, &c.Spec)) {
		return s.ahead(ctx, &Connection{})
	}
	return s.ahead(ctx, &c)
}

// otherProvider reports whether a change of those members makes the provider another one.
func otherProvider(fields []string) bool {
	return slices.Contains(fields, "saml") || slices.Contains(fields, "issuer")
}

func (s *Service) ahead(ctx context.Context, c *Connection) context.Context {
	a := &ahead{}
	if reader, ok := s.Connectors[c.Kind].(MetadataReader); ok && TakesKind(ctx, c.Kind) == nil && c.ReadsMetadata() && s.mayRead(c) == nil {
		source := c.SAML.MetadataSource
		a.source = &source
		a.found, a.err = reader.FetchMetadata(ctx, c)
	}
	return context.WithValue(ctx, aheadKey{}, a)
}

// described returns what the metadata of a connection say, as they were read ahead or as they are now. A *MetadataError; fault.ErrChanged
// when others were read ahead: somebody else was faster.
func described(ctx context.Context, c *Connection, reader MetadataReader) (Described, error) {
	a, ok := ctx.Value(aheadKey{}).(*ahead)
	switch {
	case !ok:
		return reader.FetchMetadata(ctx, c)
	case a.source == nil, !a.source.equal(&c.SAML.MetadataSource):
		return Described{}, fault.ErrChanged
	}
	return a.found, a.err
}
