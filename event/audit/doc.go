// Package audit makes tampering with the audit log visible, and reads it.
//
// Every row of the log becomes a leaf of its tenant's Merkle tree (RFC 6962, by
// golang.org/x/mod/sumdb/tlog). The Sealer adds leaves after the rows are committed, and signs
// heads of the tree as checkpoints (C2SP tlog-checkpoint, by golang.org/x/mod/sumdb/note). A
// leaf holds hashes of the row and of its personal detail, which is kept encrypted under a key
// of the person: without the key the detail is gone and the tree still fits.
//
//	Sealer    rows that were committed → leaves, tiles, signed heads
//	Verifier  everything there is → whether it fits, or the first row that does not
//	Prover    one row, or two heads → a proof that an outsider checks (cmd/auditcheck)
//	Feed      events after a cursor, for subscribers that poll
//	Reader    rows for people; Export: for files
//
// It keeps nothing: package storage does, through the interfaces in log.go.
package audit
