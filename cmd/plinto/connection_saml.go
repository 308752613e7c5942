package main

import (
	"fmt"
	"io"
	"os"

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
	cmd.Flags().StringVar(&f.file, "metadata-file", "", "metadata of a provider of SAML: its entity id, address and certificates")
	cmd.Flags().StringVar(&f.SignOnURL, "sign-on-url", "", "where a provider of SAML takes requests by HTTP-Redirect")
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

// apply sets what flags say. The first of them makes the connection one by SAML.
func (f *samlFlags) apply(cmd *cobra.Command, s *federation.Spec) {
	changed := cmd.Flags().Changed
	if !changed("metadata-file") && !changed("sign-on-url") && !changed("certificate") && !changed("sign-requests") {
		return
	}
	made := federation.SAML{}
	if s.SAML != nil {
		made = *s.SAML
	}
	if s.Kind == "" {
		s.Kind = federation.KindSAML
	}
	if f.file != "" {
		made = f.described
		if !changed("issuer") {
			s.Issuer = f.issuer
		}
	}
	if changed("sign-on-url") {
		made.SignOnURL = f.SignOnURL
	}
	if changed("certificate") {
		made.Certificates = f.Certificates
	}
	if changed("sign-requests") {
		made.SignRequests = f.SignRequests
	}
	s.SAML = &made
}
