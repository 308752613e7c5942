package web

import (
	"fmt"
	"net"
	"syscall"
)

// noSYN passes every segment but the first of a connection: SYN without ACK, byte 13 of the
// header of TCP (RFC 9293 §3.1).
var noSYN = []syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 13},
	{Code: syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K, K: 0x12},
	{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, K: 0x02, Jf: 1},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 1<<32 - 1},
}

// TurnAway has the kernel leave unanswered whoever begins to connect to ln from now on. Those who
// have begun are accepted as before. A listener that is closed resets connections that it has not
// accepted yet, and what was sent on them is lost; after this there are none. A client that was
// left unanswered tries again after a second (RFC 6298 §2.1) and is refused then, if ln is closed.
func TurnAway(ln *net.TCPListener) error {
	raw, err := ln.SyscallConn()
	if err != nil {
		return fmt.Errorf("turn away: %w", err)
	}
	var attached error
	err = raw.Control(func(fd uintptr) {
		attached = syscall.AttachLsf(int(fd), noSYN) //nolint:staticcheck // x/net/bpf would be a dependency for one call
	})
	if err == nil {
		err = attached
	}
	if err != nil {
		return fmt.Errorf("turn away: %w", err)
	}
	return nil
}
