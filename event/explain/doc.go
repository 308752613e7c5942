// Package explain keeps what the server decided about requests, and says in words why: which
// step came and for what reason, what was refused, and what helps.
//
// A Trail is what one request decided. Recorder takes trails after the answer, without
// making it wait, and stores them in batches; a few may be lost when the process is killed,
// so nothing but explanations depends on them. Words turns the codes of a trail into
// sentences for an operator. The audit log, which loses nothing, has what was done.
package explain
