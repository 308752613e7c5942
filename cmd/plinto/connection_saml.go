package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"plinto/federation"
)

// maxMetadata bounds a metadata file, in bytes.
const maxMetadata = 1 << 20

// samlFlags are what people decide of a connection by SAML.
type samlFlags struct {
	federation.SAML // that the flags say
	file            string
	issuer          string          // that the file names
	described       federation.SAML // what the file says besides
}

func (f *samlFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "metadata-file", "", "metadata of a provider of SAML: its entity id, addresses and certificates")
	text := cmd.Flags().StringVar
	text(&f.MetadataURL, "metadata-url", "", "where a provider of SAML publishes its metadata, which are read each day")
	text(&f.MetadataTrust, "metadata-trust", "", "why they are believed: signed (the default), pinned or tls")
	cmd.Flags().StringArrayVar(&f.MetadataCertificates, "metadata-certificate", nil, "a certificate that signs them, in PEM or base64, or its SHA-256 in hexadecimal; once for each")
	text(&f.SignOnURL, "sign-on-url", "", "where a provider of SAML takes requests")
	text(&f.SignOnBinding, "sign-on-binding", "", "how they get there: redirect (the default) or post")
	text(&f.LogoutURL, "logout-url", "", "where a provider of SAML takes logout requests, and answers to its own")
	text(&f.LogoutBinding, "logout-binding", "", "how they get there: redirect (the default) or post")
	text(&f.LogoutResponseURL, "logout-response-url", "", "where it takes the answers, if elsewhere")
	cmd.Flags().StringArrayVar(&f.Certificates, "certificate", nil, "a certificate that a provider of SAML signs with, in PEM or base64; once for each")
	cmd.Flags().BoolVar(&f.SignRequests, "sign-requests", false, "sign requests to a provider of SAML")
}

// read reads the metadata file.
func (f *samlFlags) read(i *installation) error {
	if f.file == "" {
		return nil
	}
	file, err := os.Open(f.file)
	if err != nil {
		return err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxMetadata+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", f.file, err)
	}
	if f.issuer, f.described, err = i.Connections.ReadDescription(raw); err != nil {
		return fmt.Errorf("%s: %w", f.file, err)
	}
	return nil
}

// members are the flags and what they say.
func (f *samlFlags) members(to *federation.SAML) map[string]func() {
	return map[string]func(){
		"metadata-trust":       func() { to.MetadataTrust = f.MetadataTrust },
		"metadata-certificate": func() { to.MetadataCertificates = f.MetadataCertificates },
		"sign-on-url":          func() { to.SignOnURL = f.SignOnURL },
		"sign-on-binding":      func() { to.SignOnBinding = f.SignOnBinding },
		"logout-url":           func() { to.LogoutURL = f.LogoutURL },
		"logout-binding":       func() { to.LogoutBinding = f.LogoutBinding },
		"logout-response-url":  func() { to.LogoutResponseURL = f.LogoutResponseURL },
		"certificate":          func() { to.Certificates = f.Certificates },
		"sign-requests":        func() { to.SignRequests = f.SignRequests },
	}
}

// apply sets what flags say. The first of them makes the connection one by SAML.
func (f *samlFlags) apply(cmd *cobra.Command, s *federation.Spec) {
	changed := cmd.Flags().Changed
	made := federation.SAML{}
	if s.SAML != nil {
		made = *s.SAML
	}
	members, says := f.members(&made), changed("metadata-file") || changed("metadata-url")
	if f.file != "" {
		made = f.described
		if !changed("issuer") {
			s.Issuer = f.issuer
		}
	}
	if changed("metadata-url") {
		if f.MetadataURL != "" && f.MetadataTrust != federation.TrustPinned {
			made = federation.SAML{SignRequests: made.SignRequests} // the rest is said there
		}
		made.MetadataSource = federation.MetadataSource{MetadataURL: f.MetadataURL}
	}
	for name, set := range members {
		if changed(name) {
			set()
			says = true
		}
	}
	if !says {
		return
	}
	if s.Kind == "" {
		s.Kind = federation.KindSAML
	}
	s.SAML = &made
}

// A metadataRow is how reading the metadata of a provider went.
type metadataRow struct {
	ReadAt     string   `json:"read_at,omitempty"`
	ValidUntil string   `json:"valid_until,omitempty"`
	DueAt      string   `json:"due_at,omitempty"`
	Problem    string   `json:"problem,omitempty"`
	Since      string   `json:"failing_since,omitempty"`
	Refused    []string `json:"refused_certificates,omitempty"`
}

// samlRow is what is known of a provider, and how its metadata say so.
func samlRow(c *federation.Connection) (*federation.SAML, *metadataRow) {
	known := c.Known(time.Now())
	known.MetadataSource = c.SAML.MetadataSource
	if !c.ReadsMetadata() {
		return &known, nil
	}
	st := &c.MetadataState
	row := &metadataRow{Problem: st.Problem, Refused: st.Refused, ReadAt: stamp(st.ReadAt), DueAt: stamp(c.MetadataDue), Since: stamp(st.FailedSince)}
	if c.Metadata != nil {
		row.ValidUntil = stamp(c.Metadata.ValidUntil)
	}
	return &known, row
}

func connectionRotateKey(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	var activate, retire bool
	cmd := &cobra.Command{
		Use:   "rotate-key SLUG [--activate | --retire]",
		Short: "Change the key pair with which we sign and decrypt, of a connection by SAML: publish the next, activate it, retire the one before",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			step := federation.KeyPublish
			switch {
			case activate && retire:
				return usageError{errors.New("--activate and --retire are two steps")}
			case activate:
				step = federation.KeyActivate
			case retire:
				step = federation.KeyRetire
			}
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				keys, err := i.Connections.RotateKey(ctx, found.ID, step)
				if err != nil {
					return explainConnection(err)
				}
				rows := []keyPairRow{}
				for _, k := range keys {
					rows = append(rows, keyPairRow{k.State, k.Fingerprint, stamp(k.NotAfter)})
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "STATE\tSHA-256 OF CERTIFICATE\tEXPIRES")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\n", r.State, r.Fingerprint, r.NotAfter)
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&activate, "activate", false, "sign with the key that was published; the provider has read our metadata since")
	cmd.Flags().BoolVar(&retire, "retire", false, "have the key before decrypt no more; the provider encrypts for the new one")
	format.flag(cmd)
	return cmd
}

// A keyPairRow is a key pair of a connection, without its private key.
type keyPairRow struct {
	State       string `json:"state"`
	Fingerprint string `json:"sha256"`
	NotAfter    string `json:"not_after"`
}
