package passkey

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"plinto/tenant"
)

// Reasons why the model of an authenticator is refused, for logs.
var (
	errNoMetadata  = errors.New("there is no metadata of authenticators, or it is out of date")
	errNoStatement = errors.New("the authenticator does not show its model by a certificate")
	errNotListed   = errors.New("the model is none of those that the tenant takes")
)

// demandsModel reports whether a tenant takes only authenticators that show which model they are.
func demandsModel(t *tenant.Tenant) bool {
	return t.Settings.MFA.Attestation == tenant.AttestationDirect
}

// conveyance is what a browser is asked to tell of the authenticator (Web Authentication Level 3 §5.4.7).
// What nobody asked for is not looked at.
func conveyance(t *tenant.Tenant) protocol.ConveyancePreference {
	if demandsModel(t) {
		return protocol.PreferDirectAttestation
	}
	return protocol.PreferNoAttestation
}

// register checks what a browser made. Where the tenant demands it, the certificate of the authenticator has
// to lead to a root that the metadata names for its model, and the model neither be revoked nor one that the
// tenant does not list. ErrRefused, ErrModel.
func (s *Service) register(t *tenant.Tenant, e *Enrolment, session webauthn.SessionData, parsed *protocol.ParsedCredentialCreationData) (*webauthn.Credential, error) {
	party, err := relyingParty(t, false)
	if err != nil {
		return nil, fmt.Errorf("make relying party: %w", err)
	}
	if demandsModel(t) {
		known := s.Metadata.current()
		if known == nil {
			return nil, ErrModel.With(errNoMetadata)
		}
		party.Config.MDS = known.provider
	}
	made, err := party.CreateCredential(&account{user: e.User}, session, parsed)
	if err != nil {
		if failed := new(protocol.Error); demandsModel(t) && errors.As(err, &failed) && failed.Type == protocol.ErrInvalidAttestation.Type {
			return nil, ErrModel.With(why(err))
		}
		return nil, ErrRefused.With(why(err))
	}
	if demandsModel(t) {
		err = shown(t.Settings.MFA.Authenticators, made)
	}
	return made, err
}

// shown refuses what the library takes: no statement at all, and one that the passkey signed itself.
func shown(listed []string, made *webauthn.Credential) error {
	aaguid, err := uuid.FromBytes(made.Authenticator.AAGUID)
	switch {
	case err != nil:
		return ErrModel.With(err)
	case made.AttestationFormat == string(protocol.AttestationFormatNone), made.AttestationFormat == "",
		made.AttestationType == string(metadata.BasicSurrogate), made.AttestationType == string(metadata.None):
		return ErrModel.With(errNoStatement)
	case len(listed) > 0 && !slices.Contains(listed, aaguid.String()):
		return ErrModel.With(errNotListed)
	}
	return nil
}
