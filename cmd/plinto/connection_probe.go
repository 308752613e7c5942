package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"plinto/federation"
	"plinto/federation/oidc"
	"plinto/federation/saml"
	"plinto/internal/breaker"
	"plinto/internal/egress"
)

// connectors talk to providers as the servers do, by the kind of connections.
func (i *installation) connectors() (map[string]federation.Connector, error) {
	client, err := egress.New(i.cfg.egress())
	if err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	vault := federation.NewVault(i.cfg.Root)
	web := oidc.New(client, vault, breaker.NewSet(prometheus.NewRegistry()), time.Now)
	return map[string]federation.Connector{federation.KindOIDC: web, federation.KindOAuth2: web, federation.KindSAML: bySAML(i.cfg.egress(), vault)}, nil
}

// egress is how the servers reach others.
func (c *Config) egress() egress.Options {
	return egress.Options{AllowLoopback: c.EgressAllowLoopback, CAFile: c.EgressCAFile}
}

// bySAML talks to providers of SAML, and reads their metadata, as the servers do.
func bySAML(reach egress.Options, vault federation.Vault) *saml.Connector {
	c := saml.New(vault, time.Now)
	c.Fetch = func(ctx context.Context, conn *federation.Connection, address, accept string) ([]byte, error) {
		client, err := egress.New(reach)
		if err != nil {
			return nil, fmt.Errorf("make egress client: %w", err)
		}
		return oidc.New(client, vault, breaker.NewSet(prometheus.NewRegistry()), time.Now).Fetch(ctx, conn, address, accept)
	}
	return c
}

func connectionTest(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "test SLUG",
		Short: "Read the provider's discovery document and keys, as a sign-in does; of SAML, read its metadata and look at certificates and keys",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				connectors, err := i.connectors()
				if err != nil {
					return err
				}
				i.Connections.Connectors = connectors
				report, err := i.Connections.Test(ctx, found.ID)
				if err != nil {
					return err
				}
				err = format.write(c.out, report, func(w io.Writer) {
					for _, check := range report.Checks {
						result := "ok"
						switch {
						case !check.OK:
							result = "failed"
						case check.Warning:
							result = "look"
						}
						fmt.Fprintf(w, "%s\t%s\t%s\n", check.Name, result, check.Detail)
					}
				})
				if err == nil && !report.Passed() {
					err = errors.New("the provider cannot be used as the connection says")
				}
				return err
			})
		},
	}
	format.flag(cmd)
	return cmd
}
