package event

import "github.com/google/uuid"

var factorKinds = []kind{kindOf[FactorAdded](), kindOf[FactorImported](), kindOf[FactorRemoved](), kindOf[FactorRenamed](), kindOf[RecoveryCodesReplaced](), kindOf[RecoveryCodesRemoved](), kindOf[RecoveryCodeUsed](), kindOf[PasskeyCounterFell]()}

// FactorAdded records that a user has another second factor.
type FactorAdded struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp", "passkey"
}

// Type implements Fact.
func (FactorAdded) Type() Type { return "factor.added" }

// EndsNothing implements Harmless.
func (FactorAdded) EndsNothing() {}

// FactorImported records that a second factor came with a user who was moved here from another system.
type FactorImported struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp"
}

// Type implements Fact.
func (FactorImported) Type() Type { return "factor.imported" }

// EndsNothing implements Harmless.
func (FactorImported) EndsNothing() {}

// FactorRemoved records that a second factor of a user is gone.
type FactorRemoved struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp", "passkey"
}

// Type implements Fact.
func (FactorRemoved) Type() Type { return "factor.removed" }

// EndsNothing implements Harmless.
func (FactorRemoved) EndsNothing() {}

// FactorRenamed records that a user calls a second factor by another name.
type FactorRenamed struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp", "passkey"
}

// Type implements Fact.
func (FactorRenamed) Type() Type { return "factor.renamed" }

// EndsNothing implements Harmless.
func (FactorRenamed) EndsNothing() {}

// RecoveryCodesReplaced records that a user has other recovery codes; the old ones end.
type RecoveryCodesReplaced struct{}

// Type implements Fact.
func (RecoveryCodesReplaced) Type() Type { return "recovery_codes.replaced" }

// EndsNothing implements Harmless.
func (RecoveryCodesReplaced) EndsNothing() {}

// RecoveryCodesRemoved records that the recovery codes of a user end: whoever reads the mails of the user said "This wasn't
// me" of what they were made by, or of something before it.
type RecoveryCodesRemoved struct{}

// Type implements Fact.
func (RecoveryCodesRemoved) Type() Type { return "recovery_codes.removed" }

// EndsNothing implements Harmless.
func (RecoveryCodesRemoved) EndsNothing() {}

// RecoveryCodeUsed records that a user signed in with a recovery code instead of their
// second factor.
type RecoveryCodeUsed struct{}

// Type implements Fact.
func (RecoveryCodeUsed) Type() Type { return "recovery_code.used" }

// EndsNothing implements Harmless.
func (RecoveryCodeUsed) EndsNothing() {}

// PasskeyCounterFell records that a passkey which is bound to a device signed with a counter
// that is not higher than the last one: there may be a copy of it (Web Authentication Level 3
// §6.1.1). The sign-in went on.
type PasskeyCounterFell struct {
	PasskeyID uuid.UUID `json:"passkey_id"`
	Stored    int       `json:"stored"`
	Got       int       `json:"got"`
}

// Type implements Fact.
func (PasskeyCounterFell) Type() Type { return "passkey.counter_fell" }

// EndsNothing implements Harmless.
func (PasskeyCounterFell) EndsNothing() {}
