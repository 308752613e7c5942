package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"plinto/internal/web"
)

// tls looks at the certificate that a server would serve.
func (d *doctor) tls(_ context.Context, cfg *Config) {
	if cfg.TLSCertFile == "" || cfg.TLSKeyFile == "" {
		return
	}
	const check = "TLS certificate"
	served, err := web.LoadCertificate(cfg.TLSCertFile, cfg.TLSKeyFile)
	if err != nil {
		d.fail(check, err.Error(), "put the certificate, the intermediate ones after it, into PLINTO_TLS_CERT_FILE and its own key into PLINTO_TLS_KEY_FILE, both in PEM")
		return
	}
	chain, err := served.Chain()
	if err != nil {
		d.fail(check, err.Error(), "have it issued again")
		return
	}
	leaf := chain[0]
	if err := served.Problem(); err != nil {
		d.fail(check, fmt.Sprintf("%v: it is valid from %s to %s", err, stamp(leaf.NotBefore), stamp(leaf.NotAfter)), "renew it: a running server takes the new files within seconds")
		return
	}
	if host := cfg.PublicURL; host != nil && leaf.VerifyHostname(host.Hostname()) != nil {
		d.fail(check, "it is not for "+host.Hostname(), "have one issued for the host of PLINTO_PUBLIC_URL, and for those of tenants")
		return
	}
	if left := time.Until(leaf.NotAfter); left < certificateWarning {
		d.warn(check, fmt.Sprintf("it ends on %s, in %d days", stamp(leaf.NotAfter), int(left.Hours()/24)), "renew it: a running server takes the new files within seconds")
		return
	}
	if unknown(chain) {
		d.warn(check, "nothing leads from it to an authority that this system knows", "put the intermediate certificates after it into PLINTO_TLS_CERT_FILE; nothing is wrong where the authority is your own and browsers know it")
		return
	}
	d.ok(check, "is for the public URL and ends on %s", stamp(leaf.NotAfter))
}

// unknown reports whether the system knows no authority for a chain.
func unknown(chain []*x509.Certificate) bool {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Intermediates: between})
	var authority x509.UnknownAuthorityError
	return errors.As(err, &authority)
}
