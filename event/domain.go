package event

import "time"

// DomainAdded records that an organization says that a domain is its own, which is not shown yet.
type DomainAdded struct {
	Domain string `json:"domain"` // in ASCII
}

// Type implements Fact.
func (DomainAdded) Type() Type { return "domain.added" }

// EndsNothing implements Harmless.
func (DomainAdded) EndsNothing() {}

// DomainVerified records that the DNS shows that a domain is the organization's.
type DomainVerified struct {
	Domain string `json:"domain"` // in ASCII
}

// Type implements Fact.
func (DomainVerified) Type() Type { return "domain.verified" }

// EndsNothing implements Harmless.
func (DomainVerified) EndsNothing() {}

// DomainFailed records that the DNS did not show it: the record was not there, or another
// organization has the domain.
type DomainFailed struct {
	Domain string `json:"domain"` // in ASCII
	Reason string `json:"reason"` // "record_missing", "unreachable" or "taken"
}

// Type implements Fact.
func (DomainFailed) Type() Type { return "domain.failed" }

// EndsNothing implements Harmless.
func (DomainFailed) EndsNothing() {}

// DomainLapsing records that an organization loses a domain before long, because the record that shows it is not found. It is recorded at
// the first look that does not find it, and three days before the end.
type DomainLapsing struct {
	Domain   string    `json:"domain"` // in ASCII
	Record   string    `json:"record"` // name of the TXT record
	LapsesAt time.Time `json:"lapses_at"`
	Days     int       `json:"days"` // that are left: 14 or 3
}

// Type implements Fact.
func (DomainLapsing) Type() Type { return "domain.lapsing" }

// EndsNothing implements Harmless.
func (DomainLapsing) EndsNothing() {}

// DomainLapsed records that a domain is not the organization's any more: the record was gone again and again.
type DomainLapsed struct {
	Domain string `json:"domain"` // in ASCII
}

// Type implements Fact.
func (DomainLapsed) Type() Type { return "domain.lapsed" }

// EndsNothing implements Harmless.
func (DomainLapsed) EndsNothing() {}

// DomainRemoved records that a domain was taken from an organization, verified or not.
type DomainRemoved struct {
	Domain string `json:"domain"` // in ASCII
}

// Type implements Fact.
func (DomainRemoved) Type() Type { return "domain.removed" }

// EndsNothing implements Harmless.
func (DomainRemoved) EndsNothing() {}
