package provider

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Prefixes of the tokens of dynamic registration.
const (
	// RegistrationTokenPrefix starts the token with which a client manages its own
	// registration (RFC 7592 §1.2).
	RegistrationTokenPrefix = "plra_"
	// InitialTokenPrefix starts the token that lets its bearer register clients
	// (RFC 7591 §1.2).
	InitialTokenPrefix = "plia_"
	// InitialTokenIDPrefix starts the public id of such a token, which is no secret.
	InitialTokenIDPrefix = "regtoken"
)

// RegistrationTokenHash is what is kept of a registration access token.
func RegistrationTokenHash(t tenant.ID, token string) []byte {
	return secret.Hash("registration-token", t, token)
}

// InitialTokenHash is what is kept of an initial access token.
func InitialTokenHash(t tenant.ID, token string) []byte {
	return secret.Hash("initial-token", t, token)
}

// A Registration is a client that registered itself.
type Registration struct {
	Client    Client
	TokenHash []byte // of the registration access token, 32 bytes
	// InitialToken is the id of the initial access token that vouched for the
	// client; zero when registration was open.
	InitialToken uuid.UUID
}

// An InitialToken lets its bearer register a number of clients until it expires.
type InitialToken struct {
	ID        uuid.UUID
	Name      string // what the operator calls it
	Hash      []byte
	UsesLeft  int
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Errors of registrations.
var (
	ErrInitialTokenUnknown      = fault.New(fault.Unauthenticated, "initial_token_unknown", "The initial access token is unknown, used up or expired.")
	ErrRegistrationTokenUnknown = fault.New(fault.Unauthenticated, "registration_token_unknown", "The registration access token is not valid for this client.")
	ErrTooManyClients           = fault.New(fault.Forbidden, "too_many_clients", "No more clients can be registered here.")
)

// Registrations keeps what there is of clients that registered themselves besides the
// client. A Registrar decides; each method is part of its transaction.
type Registrations interface {
	// Admit takes one use of the initial token of that hash (nil: none) and returns its
	// id, if the tenant has fewer than quota such clients. Until the transaction ends
	// others of the tenant wait. ErrInitialTokenUnknown, ErrTooManyClients.
	Admit(ctx context.Context, initialHash []byte, quota int) (initialToken uuid.UUID, err error)
	// Add notes that the client of r registered itself.
	Add(ctx context.Context, r Registration) error
	// Find returns the registration of the enabled client to which the token of that
	// hash belongs, never from memory. ErrRegistrationTokenUnknown.
	Find(ctx context.Context, clientID string, tokenHash []byte) (*Registration, error)
	// Lock is Find for the rest of the transaction: nobody else changes the client.
	Lock(ctx context.Context, clientID string, tokenHash []byte) (*Registration, error)
	// SetMetadata writes metadata and sector of c over those of c.Version, if the client is
	// enabled and not the operator's own. fault.ErrChanged otherwise.
	SetMetadata(ctx context.Context, c Client) error
	// VouchedNames returns the client_name of every client that somebody vouches for.
	VouchedNames(ctx context.Context) ([]string, error)
}

// InitialTokens keeps the initial access tokens of the context's tenant.
type InitialTokens interface {
	// Issue stores a token that a Registrar made.
	Issue(ctx context.Context, t InitialToken) error
	// Check returns ErrInitialTokenUnknown unless a token of that hash has uses left.
	Check(ctx context.Context, hash []byte) error
	// List returns all tokens that are kept, without hashes, newest first.
	List(ctx context.Context) ([]InitialToken, error)
	// Revoke deletes a token for a Registrar; clients that it registered stay.
	// ErrInitialTokenUnknown.
	Revoke(ctx context.Context, id uuid.UUID) error
}
