package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"plinto/internal/paths"
)

// healthyIn is how long a server has to say how it is. Its own look at the database takes
// two seconds at most.
const healthyIn = 5 * time.Second

func healthcheckCommand(c *cli) *cobra.Command {
	var operations bool
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the server on this machine whether it is ready",
		Long: `Ask the server that runs here, with the same settings, for /readyz, and exit with 0
when it is ready to serve and with 1 otherwise. It is for containers, whose images have
no shell and no curl. A plinto worker has no public listener: --operations asks the one
of PLINTO_OPERATIONS_LISTEN.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := LoadConfig(c.environ, c.dir)
			if err != nil {
				return err
			}
			scheme, listen := "http", cfg.Listen
			switch {
			case operations && (cfg.OperationsListen == "" || cfg.OperationsListen == operationsOff):
				return errors.New("there is no operations listener: PLINTO_OPERATIONS_LISTEN is off")
			case operations:
				listen = cfg.OperationsListen
			case cfg.TLSCertFile != "":
				scheme = "https"
			}
			address, err := dialAddress(listen)
			if err != nil {
				return err
			}
			return askReady(cmd.Context(), scheme+"://"+address+paths.Ready)
		},
	}
	cmd.Flags().BoolVar(&operations, "operations", false, "ask the operations listener")
	return cmd
}

// dialAddress is where a listener of this machine can be reached: one that listens on every address
// does so on loopback.
func dialAddress(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("nobody can know where a listener at %q is", listen)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1" // "::" listens there too
	}
	return net.JoinHostPort(host, port), nil
}

// askReady asks for an address and returns why the answer is not that of a server that is ready.
func askReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthyIn)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	// A transport alone: no redirects, no proxy of the environment.
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate is for the public name; nothing is sent to this machine's own listener
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}
