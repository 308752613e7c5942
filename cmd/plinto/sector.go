package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/provider"
)

// sectors verifies the sector identifiers that an operator declares.
type sectors struct{ client *egress.Client }

// newSectors reaches internal hosts too: operators may declare clients there.
func newSectors(caFile string) (*sectors, error) {
	client, err := egress.New(egress.Options{
		AllowLoopback: true, Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, CAFile: caFile,
	})
	if err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	return &sectors{client}, nil
}

// verify words for the operator what provider.VerifySector found.
func (s *sectors) verify(ctx context.Context, m *provider.Metadata) error {
	err := provider.VerifySector(ctx, s.client, egress.Owner{Tenant: "operator", Kind: egress.Registration}, m)
	f, ok := fault.As(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, provider.ErrSectorUnread):
		return fmt.Errorf("%s must list the redirect URIs of the client, and cannot be read from here (%s); without a network, --trust-sectors takes it as it is", m.SectorIdentifierURI, err.Error())
	case ok:
		return fmt.Errorf("%s: %s", m.SectorIdentifierURI, f.Message)
	}
	return err
}

// trustSectors is the flag of the commands that write clients.
type trustSectors bool

func (t *trustSectors) flag(cmd *cobra.Command) {
	cmd.Flags().BoolVar((*bool)(t), "trust-sectors", false, "take sector_identifier_uri without reading what it lists: only where there is no network")
}

// apply takes the check out where the operator says so.
func (t trustSectors) apply(i *installation) {
	if t {
		i.VerifySector = func(context.Context, *provider.Metadata) error { return nil }
	}
}
