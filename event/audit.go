package event

var auditKinds = []kind{kindOf[AuditExported](), kindOf[AuditRead]()}

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

// AuditRead records that somebody was shown rows of the audit log with addresses or browsers
// in clear: one for each call, recorded before it answers, with what was asked for. Reading
// rows without them is not recorded.
type AuditRead struct {
	Rows    int      `json:"rows"`           // how many rows there were
	Row     string   `json:"row,omitempty"`  // the one that was asked for
	Feed    bool     `json:"feed,omitempty"` // by a feed of events, from a place on
	From    int      `json:"from,omitempty"`
	Types   []string `json:"types,omitempty"`
	Subject string   `json:"subject,omitempty"`
	Actor   string   `json:"actor,omitempty"`
	Outcome string   `json:"outcome,omitempty"`
	Since   string   `json:"since,omitempty"`
	Until   string   `json:"until,omitempty"`
}

// Type implements Fact.
func (AuditRead) Type() Type { return "audit.read" }

// EndsNothing implements Harmless.
func (AuditRead) EndsNothing() {}
