package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
)

// Classes of failures. They are all that whoever chose the address may learn: of what is not
// public they say the same, whether or not something is there.
const (
	ClassBlocked    = "blocked" // not an address that is requested
	ClassDNS        = "dns"
	ClassTLS        = "tls"
	ClassRefused    = "refused"
	ClassTimeout    = "timeout"
	ClassConnection = "connection" // anything else
)

// Class returns the class of an error of a request.
func Class(err error) string {
	var name *net.DNSError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var slow net.Error
	switch {
	case errors.Is(err, ErrURL), errors.Is(err, errAddress):
		return ClassBlocked
	case errors.As(err, &name):
		return ClassDNS
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &certificate), errors.As(err, &unknown):
		return ClassTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return ClassTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return ClassRefused
	default:
		return ClassConnection
	}
}
