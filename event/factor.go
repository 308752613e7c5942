package event

import "github.com/google/uuid"

var factorKinds = []kind{kindOf[FactorAdded](), kindOf[FactorRemoved](), kindOf[RecoveryCodesReplaced](), kindOf[RecoveryCodeUsed]()}

// FactorAdded records that a user has another second factor.
type FactorAdded struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp"
}

// Type implements Fact.
func (FactorAdded) Type() Type { return "factor.added" }

// EndsNothing implements Harmless.
func (FactorAdded) EndsNothing() {}

// FactorRemoved records that a second factor of a user is gone.
type FactorRemoved struct {
	FactorID uuid.UUID `json:"factor_id"`
	Kind     string    `json:"kind"` // "totp"
}

// Type implements Fact.
func (FactorRemoved) Type() Type { return "factor.removed" }

// EndsNothing implements Harmless.
func (FactorRemoved) EndsNothing() {}

// RecoveryCodesReplaced records that a user has other recovery codes; the old ones end.
type RecoveryCodesReplaced struct{}

// Type implements Fact.
func (RecoveryCodesReplaced) Type() Type { return "recovery_codes.replaced" }

// EndsNothing implements Harmless.
func (RecoveryCodesReplaced) EndsNothing() {}

// RecoveryCodeUsed records that a user signed in with a recovery code instead of their
// second factor.
type RecoveryCodeUsed struct{}

// Type implements Fact.
func (RecoveryCodeUsed) Type() Type { return "recovery_code.used" }

// EndsNothing implements Harmless.
func (RecoveryCodeUsed) EndsNothing() {}
