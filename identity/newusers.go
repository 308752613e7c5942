package identity

import (
	"context"
	"fmt"

	"plinto/event"
)

// A NewUser is a user to create with a password that is hashed already ("" for none).
type NewUser struct {
	User     User
	Password Hashed
}

// A UserBatch stores many new users.
type UserBatch interface {
	// CreateMany is UserWrites.Create of each, and says why some were not stored: nil, or one of its
	// errors. It needs a transaction. fault.ErrChanged when somebody else stored one of them at the
	// same moment: then nothing of it may be committed.
	CreateMany(ctx context.Context, users []NewUser) ([]error, error)
}

// StoreMany is Store of each user, in the transaction of ctx or one of its own. It sets their ids,
// and says of each why it was not stored. Its error is about all of them; fault.ErrChanged: to be
// done again.
func (d *Directory) StoreMany(ctx context.Context, actor event.Actor, users []NewUser) ([]error, error) {
	errs := make([]error, len(users))
	var good []NewUser
	var places []int
	for i := range users {
		if errs[i] = prepare(&users[i].User); errs[i] == nil {
			good, places = append(good, users[i]), append(places, i)
		}
	}
	err := d.Tx.InTx(event.WithActor(ctx, actor), func(ctx context.Context) error {
		stored, err := d.Batch.CreateMany(ctx, good)
		if err != nil {
			return err
		}
		var events []event.Event
		for i, why := range stored {
			if errs[places[i]] = why; why == nil {
				events = append(events, created(actor, &good[i].User))
			}
		}
		return d.Outbox.Append(ctx, events...)
	})
	if err != nil {
		return nil, fmt.Errorf("create users: %w", err)
	}
	return errs, nil
}

func created(actor event.Actor, u *User) event.Event {
	return event.Event{Fact: event.UserCreated{}, Outcome: "success", Actor: actor, Subject: u.PublicID()}
}
