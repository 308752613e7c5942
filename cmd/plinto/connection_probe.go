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
	client, err := egress.New(egress.Options{AllowLoopback: i.cfg.EgressAllowLoopback, CAFile: i.cfg.EgressCAFile})
	if err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	vault := federation.NewVault(i.cfg.Root)
	web := oidc.New(client, vault, breaker.NewSet(prometheus.NewRegistry()), time.Now)
	return map[string]federation.Connector{federation.KindOIDC: web, federation.KindOAuth2: web, federation.KindSAML: saml.New(vault, time.Now)}, nil
}

func connectionTest(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "test SLUG",
		Short: "Read the provider's discovery document and keys, as a sign-in does; of SAML, look at certificates and key",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				connectors, err := i.connectors()
				if err != nil {
					return err
				}
				report := connectors[found.Kind].Probe(ctx, found)
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
