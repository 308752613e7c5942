package tenant

import "time"

// Whether users can delete their own accounts.
const (
	DeletionOff = "off"
	DeletionOn  = "on" // the default
)

// DefaultDeletionGrace is how long a user can change their mind.
const DefaultDeletionGrace = 14 * 24 * time.Hour

// MaxDeletionGrace bounds Deletion.Grace.
const MaxDeletionGrace = 90 * 24 * time.Hour

// Deletion is whether and how users delete their own accounts.
type Deletion struct {
	// ByUsers is DeletionOff or DeletionOn; "" is DeletionOn.
	ByUsers string `json:"by_users,omitempty" yaml:"by_users"`
	// Grace is how long they can change their mind; 0: DefaultDeletionGrace.
	Grace Duration `json:"grace,omitempty" yaml:"grace"`
}

// On reports whether users can delete their accounts.
func (d Deletion) On() bool { return d.ByUsers != DeletionOff }
