package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
)

// A ConsentService notes what users answer to clients, and takes it back: the consent
// page, the command line and APIs call it. Each answer is one transaction with its event.
type ConsentService struct {
	Consents Consents
	Outbox   event.Outbox
	Tx       identity.Transactor
}

// Allow notes that the user allowed a client what a page asked for. It is remembered only
// where it can count again.
func (s *ConsentService) Allow(ctx context.Context, userID uuid.UUID, c *Client, asked *ConsentRequest, remember bool) error {
	scopes, resources := namesOf(asked.Permissions)
	granted := event.ConsentGranted{
		ClientID: publicClient(c.ID), ClientName: asked.Name, RedirectHost: asked.RedirectHost, Scopes: scopes, Resources: resources,
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if remember {
			err := s.Consents.Allow(ctx, Consent{
				UserID: userID, ClientID: c.ID, Shown: asked.Shown(), Name: asked.Name,
				RedirectHost: asked.RedirectHost, Permissions: asked.Permissions,
			})
			if err != nil {
				return fmt.Errorf("remember consent: %w", err)
			}
		}
		return s.Outbox.Append(ctx, consentEvent(granted, event.Actor{}, userID))
	})
}

// Deny notes that the user did not allow it.
func (s *ConsentService) Deny(ctx context.Context, userID uuid.UUID, c *Client) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, consentEvent(event.ConsentDenied{ClientID: publicClient(c.ID)}, event.Actor{}, userID))
	})
}

// Revoke forgets what the user allowed the client, and ends what the client was granted
// for the user, offline access included. There is an event if there was anything.
func (s *ConsentService) Revoke(ctx context.Context, userID, clientID uuid.UUID) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		ended, err := s.Consents.Revoke(ctx, userID, clientID)
		if err != nil || !ended {
			return err
		}
		revoked := event.ConsentRevoked{ClientID: publicClient(clientID)}
		return s.Outbox.Append(ctx, consentEvent(revoked, event.ActorFrom(ctx, event.Actor{}), userID))
	})
}

// RevokeAll is Revoke for every client that the user allowed something.
func (s *ConsentService) RevokeAll(ctx context.Context, userID uuid.UUID) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		all, err := s.Consents.List(ctx, userID)
		if err != nil {
			return err
		}
		var done []uuid.UUID
		for _, c := range all {
			if slices.Contains(done, c.ClientID) {
				continue
			}
			if err := s.Revoke(ctx, userID, c.ClientID); err != nil {
				return err
			}
			done = append(done, c.ClientID)
		}
		return nil
	})
}

// consentEvent is the event of a user's answer to a client, by the user unless by says
// otherwise.
func consentEvent(fact event.Fact, by event.Actor, userID uuid.UUID) event.Event {
	user := tid.Format(identity.UserPrefix, userID)
	if by == (event.Actor{}) {
		by = event.Actor{Type: "user", ID: user}
	}
	return event.Event{Fact: fact, Outcome: "success", Actor: by, Subject: user}
}

func publicClient(id uuid.UUID) string { return tid.Format(ClientPrefix, id) }

// namesOf are the scopes and the resource servers, each once.
func namesOf(permissions []Permission) (scopes, resources []string) {
	scopes, resources = []string{}, []string{}
	for _, p := range permissions {
		if p.Scope != "" && !slices.Contains(scopes, p.Scope) {
			scopes = append(scopes, p.Scope)
		}
		if p.Resource != "" && !slices.Contains(resources, p.Resource) {
			resources = append(resources, p.Resource)
		}
	}
	return scopes, resources
}
