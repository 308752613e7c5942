package domain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	lookTimeout = 5 * time.Second
	maxRecords  = 100 // of one name that are looked at
)

// A DNS asks the servers that the machine is configured with.
type DNS struct {
	// Resolver is the one to ask; nil is the machine's.
	Resolver *net.Resolver
}

// TXT implements Resolver. An answer takes at most five seconds.
func (d *DNS) TXT(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	resolver := d.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupTXT(ctx, name+".") // the dot: no search list of the machine
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up TXT records: %w", err)
	}
	return found[:min(len(found), maxRecords)], nil
}
