package domain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// A Service adds, checks and removes domains. Each change is one transaction with its event.
type Service struct {
	Domains  Domains
	Resolver Resolver
	Turns    *Turns // of the process; nil: nobody waits
	Outbox   event.Outbox
	Tx       identity.Transactor
}

// Add notes that an organization says that a domain is its own. That claims nothing yet: see
// Verify. The errors of Normal, ErrHeld, ErrTooMany, organization.ErrNotFound.
func (s *Service) Add(ctx context.Context, org uuid.UUID, typed string) (Domain, error) {
	name, err := Normal(typed)
	if err != nil {
		return Domain{}, err
	}
	d := Domain{ID: uuid.Must(uuid.NewV7()), Organization: org, Name: name, Token: secret.Token(tokenPrefix)}
	return d, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Domains.Add(ctx, d, MaxDomains); err != nil {
			return err
		}
		return s.tell(ctx, &d, event.DomainAdded{Domain: d.Name})
	})
}

// List returns the rows of a window of an organization's domains, by id.
func (s *Service) List(ctx context.Context, org uuid.UUID, w keyset.Window) ([]Domain, error) {
	return s.Domains.List(ctx, org, w)
}

// ByID returns a domain of an organization. ErrNotFound.
func (s *Service) ByID(ctx context.Context, org, id uuid.UUID) (Domain, error) {
	return s.Domains.ByID(ctx, org, id)
}

// Label is the first label of the name of the TXT records of a tenant.
func Label(t *tenant.Tenant) string { return cmp.Or(t.Settings.DomainLabel, tenant.DefaultDomainLabel) }

// Verify looks for the record of a domain, and makes the domain the organization's when it is
// there. That the record is there decides, however often and by whom it was looked at before.
// ErrNotFound, ErrNoRecord, ErrUnreachable, ErrTaken, ErrBusy (with RetryAfter).
func (s *Service) Verify(ctx context.Context, org, id uuid.UUID) (Domain, error) {
	d, err := s.Domains.ByID(ctx, org, id)
	if err != nil {
		return d, err
	}
	if err := s.look(ctx, &d); err != nil {
		return d, err
	}
	return s.Domains.ByID(ctx, org, id)
}

// errTried ends the transaction of Try.
var errTried = errors.New("only tried")

// Try returns what Verify would, and stores nothing. The errors of Verify.
func (s *Service) Try(ctx context.Context, org, id uuid.UUID) (Domain, error) {
	d, err := s.Domains.ByID(ctx, org, id)
	if err != nil {
		return d, err
	}
	if _, err := s.there(ctx, &d); err != nil {
		return d, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Domains.Claim(ctx, &d); err != nil {
			return err
		}
		if d, err = s.Domains.ByID(ctx, org, id); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return d, err
}

// there asks the DNS for the record of a domain, and returns why a look did not find it: ErrUnreachable,
// ErrNoRecord. Without a reason it did not look: ErrBusy.
func (s *Service) there(ctx context.Context, d *Domain) (reason string, err error) {
	done, err := s.Turns.take(ctx, d)
	if err != nil {
		return "", err
	}
	defer done()
	found, err := s.Resolver.TXT(ctx, d.Record(Label(tenant.Must(ctx))))
	switch {
	case err != nil:
		return "unreachable", ErrUnreachable.With(err)
	case !slices.ContainsFunc(found, func(text string) bool { return strings.TrimSpace(text) == d.Token }):
		return "record_missing", ErrNoRecord
	}
	return "", nil
}

// look asks the DNS outside of any transaction, and stores the answer with its event.
func (s *Service) look(ctx context.Context, d *Domain) error {
	reason, err := s.there(ctx, d)
	if err != nil && reason == "" {
		return err // nothing was found out about the domain
	}
	if err != nil {
		return s.missed(ctx, d, reason, err)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		fresh, err := s.Domains.Claim(ctx, d)
		if err != nil || !fresh {
			return err
		}
		return s.tell(ctx, d, event.DomainVerified{Domain: d.Name})
	})
	if errors.Is(err, ErrTaken) {
		return s.missed(ctx, d, "taken", err)
	}
	if err != nil {
		return fmt.Errorf("claim domain: %w", err)
	}
	return nil
}

// missed notes that a look did not verify the domain, and returns why.
func (s *Service) missed(ctx context.Context, d *Domain, reason string, why error) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		miss, err := s.Domains.Missed(ctx, d, MaxFailures, Again-time.Hour)
		if err != nil {
			return err
		}
		if miss.Lapsed {
			return s.tell(ctx, d, event.DomainLapsed{Domain: d.Name})
		}
		if days := miss.daysLeft(); days > 0 {
			lapses := time.Now().UTC().Add(time.Duration(days) * Again).Truncate(time.Second)
			if err := s.tell(ctx, d, event.DomainLapsing{Domain: d.Name, Record: d.Record(Label(tenant.Must(ctx))), LapsesAt: lapses, Days: days}); err != nil {
				return err
			}
		}
		return s.append(ctx, d, event.DomainFailed{Domain: d.Name, Reason: reason}, "failure")
	})
	if err != nil {
		return fmt.Errorf("note failed look: %w", err)
	}
	return why
}

// Check is the weekly look at a verified domain. That the record is not there is no error of it, nor that it has to wait for the next time.
func (s *Service) Check(ctx context.Context, org, id uuid.UUID) error {
	_, err := s.Verify(event.WithActor(ctx, event.Actor{Type: "system"}), org, id)
	for _, expected := range []error{ErrNotFound, ErrNoRecord, ErrUnreachable, ErrTaken, ErrBusy} {
		if errors.Is(err, expected) {
			return nil
		}
	}
	return err
}

// Remove takes a domain from an organization. ErrNotFound.
func (s *Service) Remove(ctx context.Context, org, id uuid.UUID) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		d, err := s.Domains.ByID(ctx, org, id)
		if err != nil {
			return err
		}
		if err := s.Domains.Remove(ctx, org, id); err != nil {
			return err
		}
		return s.tell(ctx, &d, event.DomainRemoved{Domain: d.Name})
	})
}

func (s *Service) tell(ctx context.Context, d *Domain, fact event.Fact) error {
	return s.append(ctx, d, fact, "success")
}

func (s *Service) append(ctx context.Context, d *Domain, fact event.Fact, outcome string) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: fact, Outcome: outcome, Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}),
		Subject: tid.Format(organization.Prefix, d.Organization),
	})
}
