package event

var auditKinds = []kind{kindOf[AuditExported]()}

// AuditExported records that somebody took a copy of the audit log. It is recorded before
// the first row leaves.
type AuditExported struct {
	Format string `json:"format"` // "jsonl" or "csv"
	Rows   int    `json:"rows"`   // how many leaves the log had; a filter may have chosen fewer
	Since  string `json:"since,omitempty"`
	Until  string `json:"until,omitempty"`
}

// Type implements Fact.
func (AuditExported) Type() Type { return "audit.exported" }

// EndsNothing implements Harmless.
func (AuditExported) EndsNothing() {}
