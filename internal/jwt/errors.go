package jwt

import "errors"

// Why a token was refused. Every error of this package wraps exactly one of them and shows no part of the token.
var (
	// ErrMalformed: not a compact JWS within the limits, or a header, payload or claim of the wrong shape.
	ErrMalformed = errors.New("jwt: malformed token")
	// ErrAlgorithm: an algorithm that is unknown, not allowed here or not the key's.
	ErrAlgorithm = errors.New("jwt: algorithm not allowed")
	// ErrUnknownKey: no key of that id. Worth one refetch of a remote key set.
	ErrUnknownKey = errors.New("jwt: unknown key")
	// ErrSignature: the signature does not belong to the content.
	ErrSignature = errors.New("jwt: signature does not verify")
	// ErrType: the typ header is not the one asked for.
	ErrType = errors.New("jwt: wrong token type")
	// ErrIssuer and ErrAudience: issued by or for somebody else.
	ErrIssuer   = errors.New("jwt: wrong issuer")
	ErrAudience = errors.New("jwt: wrong audience")
	// ErrExpired, ErrNotYetValid and ErrLifetime: outside its time, or valid for longer than accepted.
	ErrExpired     = errors.New("jwt: expired")
	ErrNotYetValid = errors.New("jwt: not yet valid")
	ErrLifetime    = errors.New("jwt: lifetime too long")
	// ErrKey: key material that is unusable: weak, private where public is needed, or unreadable.
	ErrKey = errors.New("jwt: unusable key")
)
