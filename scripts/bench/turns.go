package main

import (
	"context"
	"net"
	"sync/atomic"
)

// turns are those of all callers of this process.
var turns balancer

// A balancer has connections to one address go to several in turns, as a proxy would, at no cost.
type balancer struct {
	addresses atomic.Pointer[[]string] // the first stands for all; nil: every address is its own
	next      atomic.Uint64
	led       atomic.Pointer[[2]string] // connections to the first go to the second; nil: none do
}

func (b *balancer) spread(addresses []string) { b.addresses.Store(&addresses) }

// lead has connections to one address go to another.
func (b *balancer) lead(from, to string) { b.led.Store(&[2]string{from, to}) }

func (b *balancer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if all := b.addresses.Load(); all != nil && address == (*all)[0] {
		address = (*all)[b.next.Add(1)%uint64(len(*all))]
	}
	if led := b.led.Load(); led != nil && address == led[0] {
		address = led[1]
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
