// Package resourceuri compares the identifiers of resource servers (RFC 8707 §2).
//
// Two identifiers are the same when they are equal after the normalization of
// RFC 3986 §6.2.2 and §6.2.3: case of scheme and host, percent-encoding, the
// scheme's own port, an empty path. Clients write them differently because the
// libraries that they pass through do.
//
// What could make one resource look like another is not normalized but refused: user
// information, dot segments, fragments. There is no matching by prefix.
package resourceuri
