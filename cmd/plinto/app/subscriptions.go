package app

import (
	"plinto/event"
	"plinto/event/mail"
	"plinto/event/webhook"
	"plinto/provider/backchannel"
	"plinto/provider/keys"
	"plinto/tenant"
)

// Subscriptions are all there are. Every process that writes events queues for them: the
// server handles them, a command needs nothing that handling takes.
func Subscriptions() []event.Subscription {
	all := []event.Subscription{
		new(backchannel.Notifier).Subscription(),
		new(mail.Notifier).Subscription(),
		new(mail.OldAddress).Subscription(),
		new(mail.KeyOwner).Subscription(),
		new(mail.Letters).Subscription(),
		new(webhook.Subscriber).Subscription(),
		new(webhook.Eraser).Subscription(),
		new(keys.Maker).Subscription(),
	}
	for n := range tenant.MaxContacts {
		all = append(all, (&mail.Contact{Nth: n}).Subscription())
	}
	for n := range mail.MaxManagers {
		all = append(all, (&mail.Manager{Nth: n}).Subscription())
	}
	return all
}
