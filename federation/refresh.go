package federation

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// When metadata are read again. What they say of it themselves (cacheDuration, validUntil) only makes it sooner.
const (
	refreshMetadata = 24 * time.Hour
	retryMetadata   = time.Hour
	// failsLong is how long reading them fails until somebody is told; before what they said expires by less than that, at once.
	failsLong = 72 * time.Hour
	tellAgain = 30 * 24 * time.Hour
)

// dueAgain is when metadata that were read are due again.
func dueAgain(now time.Time, d *Described) time.Time {
	wait := refreshMetadata
	if d.CacheFor > 0 {
		wait = min(wait, d.CacheFor)
	}
	if !d.ValidUntil.IsZero() {
		wait = min(wait, d.ValidUntil.Sub(now)/2)
	}
	return now.Add(max(wait, retryMetadata))
}

// readMetadata reads the metadata of a connection into it. A *MetadataError.
func (s *Service) readMetadata(ctx context.Context, c *Connection) error {
	reader, ok := s.Connectors[c.Kind].(MetadataReader)
	if !ok {
		return ErrMisconfigured
	}
	d, err := described(ctx, c, reader)
	if err != nil {
		return err
	}
	if c.Issuer == "" {
		c.Issuer = d.EntityID
	}
	m, refused, err := s.believe(c, &d)
	if err != nil {
		return err
	}
	c.Metadata, c.MetadataDue, c.MetadataState = &m, dueAgain(s.Now(), &d), MetadataState{ReadAt: s.Now().UTC(), Refused: refused}
	if len(refused) > 0 || m.leaves(&d) {
		c.MetadataState.Problem, c.MetadataState.FailedSince = MetadataNewerThings, s.Now().UTC()
	}
	return nil
}

// introduce reads the metadata of a connection that is made, or whose provider is another one. ErrSpec.
func (s *Service) introduce(ctx context.Context, c *Connection) error {
	c.Metadata, c.MetadataState, c.MetadataDue = nil, MetadataState{}, time.Time{}
	if !c.ReadsMetadata() {
		return nil
	}
	if err := s.mayRead(c); err != nil {
		return err
	}
	err := s.readMetadata(ctx, c)
	var problem *MetadataError
	if errors.As(err, &problem) {
		return problem.said()
	}
	return err
}

// mayRead refuses to read the metadata of a connection that could not be stored whatever they say. ErrSpec.
func (s *Service) mayRead(c *Connection) error {
	known := c.Spec
	if known.Issuer == "" {
		known.Issuer = "urn:unknown" // until the document says it
	}
	return known.check(s.CheckURL)
}

// RefreshMetadata reads the metadata of a connection that are due, unless somebody else does. What cannot be read, or is not believed,
// changes nothing of what counts.
func (s *Service) RefreshMetadata(ctx context.Context, id uuid.UUID) error {
	c, err := s.ByID(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	won, err := s.Metadata.ClaimMetadata(ctx, c.ID, c.MetadataDue, s.Now().Add(retryMetadata))
	if err != nil || !won || !c.ReadsMetadata() || !c.Enabled() || TakesKind(ctx, c.Kind) != nil {
		return err
	}
	return s.refresh(ctx, &c)
}

// refresh reads the metadata of a connection, and stores what came of it in c too.
func (s *Service) refresh(ctx context.Context, c *Connection) error {
	before := *c
	err := s.readMetadata(ctx, c)
	var problem *MetadataError
	switch {
	case errors.As(err, &problem):
		c.MetadataState.Problem, c.MetadataDue = problem.Problem, s.Now().Add(retryMetadata)
		if c.MetadataState.FailedSince.IsZero() {
			c.MetadataState.FailedSince = s.Now().UTC()
		}
	case err != nil:
		return err
	case c.MetadataState.Problem != "" && before.MetadataState.Problem == c.MetadataState.Problem:
		c.MetadataState.FailedSince = before.MetadataState.FailedSince
	}
	if err := s.keepMetadata(ctx, c, before.Metadata); err != nil {
		if errors.Is(err, fault.ErrChanged) || errors.Is(err, ErrNotFound) {
			return nil // somebody changed the connection meanwhile: what was read is not of it
		}
		return err
	}
	return s.tellOfMetadata(ctx, c)
}

// keepMetadata stores what the metadata of a connection say, and tells what is different.
func (s *Service) keepMetadata(ctx context.Context, c *Connection, before *Metadata) error {
	if before == nil {
		before = &Metadata{}
	}
	now := c.Metadata
	if now == nil {
		now = &Metadata{}
	}
	fields := now.differences(&before.SAML) // ValidUntil may be another one each day
	return s.change(ctx, c.ID, func(ctx context.Context) (event.Fact, error) {
		if err := s.Metadata.SetMetadata(ctx, *c, len(fields) > 0); err != nil || len(fields) == 0 {
			return nil, err
		}
		had, has := fingerprints(before.Certificates), fingerprints(now.Certificates)
		without := func(all, some []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(f string) bool { return slices.Contains(some, f) })
		}
		return event.ConnectionMetadataChanged{Slug: c.Slug, Fields: fields, Added: without(has, had), Removed: without(had, has)}, nil
	})
}

// tellOfMetadata tells that metadata could not be read for long, or say something that is not believed: once, and each month again.
func (s *Service) tellOfMetadata(ctx context.Context, c *Connection) error {
	st, now := &c.MetadataState, s.Now()
	long := now.Sub(st.FailedSince) >= failsLong || c.Metadata != nil && !c.Metadata.ValidUntil.IsZero() && c.Metadata.ValidUntil.Sub(now) < failsLong
	if st.Problem == "" || st.Problem != MetadataNewerThings && !long {
		return nil
	}
	about := c.ID.String() + " " + st.Problem + " " + strconv.FormatInt(st.FailedSince.Unix(), 10)
	if st.Problem == MetadataNewerThings {
		about = c.ID.String() + " " + st.Problem
		for _, refused := range st.Refused {
			about += " " + refused
		}
	}
	said := secret.Hash("federation-metadata", tenant.Must(ctx).ID, about)
	return s.change(ctx, c.ID, func(ctx context.Context) (event.Fact, error) {
		first, err := s.Writes.Once(ctx, said, now.Add(tellAgain))
		if err != nil || !first {
			return nil, err
		}
		return event.ConnectionMetadataFailing{Slug: c.Slug, Problem: st.Problem, Since: st.FailedSince, Refused: st.Refused}, nil
	})
}
