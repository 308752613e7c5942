// Package strictjson reads documents that two readers could take for different ones, and
// refuses them: a member that is given twice (also by another spelling of its name), text
// that is no UTF-8 or holds half a character, anything after the document (RFC 8259 §4,
// §8; RFC 8725 §2.4 tells why that matters). What is accepted every reader of JSON reads
// the same.
package strictjson
