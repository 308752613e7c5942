package main

import (
	"context"
	"errors"
	"fmt"

	"plinto/cmd/plinto/manifest"
	"plinto/event"
	"plinto/internal/fault"
	"plinto/tenant"
)

// refusalCode returns the code of an error that refuses what a command was to do, or "" of
// any other: an outage, a thing that is not there, or a command that was called wrongly.
func refusalCode(err error) string {
	var usage usageError
	var problems *manifest.Problems
	switch {
	case errors.As(err, &usage):
		return ""
	case errors.As(err, &problems):
		return "manifest_invalid"
	}
	f, ok := fault.As(err)
	if ok && (f.Kind == fault.Invalid || f.Kind == fault.Forbidden || f.Kind == fault.Conflict) {
		return f.Code
	}
	return ""
}

// recordRefusal has a command that was refused in the audit log of the tenant it works in,
// or of the operators' tenant when it works in none. The command fails as it would have, and
// says so when it could not be recorded.
func (i *installation) recordRefusal(ctx context.Context, command string, refused error) error {
	code := refusalCode(refused)
	if code == "" {
		return refused
	}
	t := i.tenant
	if t == nil {
		var err error
		if t, err = i.Tenants.Current(ctx, tenant.SystemSlug); errors.Is(err, tenant.ErrUnknown) {
			return refused
		} else if err != nil {
			return errors.Join(refused, fmt.Errorf("record the refusal: %w", err))
		}
	}
	err := i.store.DB.InTx(tenant.With(ctx, t), func(ctx context.Context) error {
		return i.store.Outbox.Append(ctx, event.Event{
			Fact: event.CommandRefused{Command: command}, Actor: operator, Outcome: "failure", Reason: code,
		})
	})
	if err != nil {
		return errors.Join(refused, fmt.Errorf("record the refusal: %w", err))
	}
	return refused
}

// A worded error is a fault in the words of a terminal.
type worded struct {
	text string
	of   error
}

// Error implements error.
func (w *worded) Error() string { return w.text }

// Unwrap lets the fault be found.
func (w *worded) Unwrap() error { return w.of }
