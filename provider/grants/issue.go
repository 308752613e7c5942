package grants

import (
	"context"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/provider"
)

// An Issued is an authorization request that is answered with success.
type Issued struct {
	Grant     provider.Grant
	Code      provider.Code
	ClientID  string   // as the client knows it
	Proved    bool     // the user proved who they are within the flow
	ACRValues []string // that the client asked for
}

// Issue stores a grant and its code, with the event, in one round trip: see provider.Codes.
func (s *Service) Issue(ctx context.Context, in *Issued, to func(identity.User)) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Outbox.Append(ctx, in.event()); err != nil {
			return err
		}
		return s.Codes.Issue(ctx, in.Grant, in.Code, to)
	})
}

// IssueLast is Issue as the last of the transaction of ctx: see provider.Codes.
func (s *Service) IssueLast(ctx context.Context, in *Issued) error {
	if err := s.Outbox.Append(ctx, in.event()); err != nil {
		return err
	}
	return s.Codes.IssueLast(ctx, in.Grant, in.Code, uuid.Must(uuid.NewV7()))
}

func (in *Issued) event() event.Event {
	g, user := &in.Grant, tid.Format(identity.UserPrefix, in.Grant.UserID)
	granted := event.AuthorizationGranted{
		ClientID: in.ClientID, GrantID: g.ID, SessionID: g.SessionID, Path: event.PathSession,
		AMR: g.AMR, ACR: g.ACR, ACRValues: in.ACRValues, Scopes: g.Scopes,
	}
	if in.Proved {
		granted.Path = event.PathSignIn
	}
	return event.Event{Fact: granted, Outcome: "success", Actor: event.Actor{Type: "user", ID: user}, Subject: user}
}
