package event

import "github.com/google/uuid"

var bulkKinds = []kind{
	kindOf[UserImportStarted](), kindOf[UserImportEnded](), kindOf[UsersExported](),
}

// UserImportStarted records that somebody has users imported. Each user has an event of its own.
type UserImportStarted struct {
	JobID  uuid.UUID `json:"job_id"`
	DryRun bool      `json:"dry_run"`
}

// Type implements Fact.
func (UserImportStarted) Type() Type { return "user_import.started" }

// EndsNothing implements Harmless.
func (UserImportStarted) EndsNothing() {}

// UserImportEnded records that an import is over, with what became of its lines.
type UserImportEnded struct {
	JobID     uuid.UUID `json:"job_id"`
	DryRun    bool      `json:"dry_run"`
	State     string    `json:"state"` // succeeded, failed or canceled
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Refused   int       `json:"refused"`
}

// Type implements Fact.
func (UserImportEnded) Type() Type { return "user_import.ended" }

// EndsNothing implements Harmless.
func (UserImportEnded) EndsNothing() {}

// UsersExported records that somebody was given all users of the tenant.
type UsersExported struct {
	PasswordHashes bool `json:"password_hashes"` // with these
}

// Type implements Fact.
func (UsersExported) Type() Type { return "users.exported" }

// EndsNothing implements Harmless.
func (UsersExported) EndsNothing() {}
