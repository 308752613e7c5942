// Package logs has every line of a log say what it belongs to, and keeps secrets out.
//
// A Scope is in the context of a request or a job, and learns on the way which tenant, client and user it is
// about. InContext adds that to each line that is logged with such a context, with the ids of the trace. Redact
// replaces what looks like a secret or a mail address, wherever it stands in a line: what other programs answer
// may quote anything, and so may errors. It is the last line of defence: nothing that is logged should need it.
package logs
