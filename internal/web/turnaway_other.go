//go:build !linux

package web

import (
	"errors"
	"net"
)

// TurnAway is not possible here.
func TurnAway(*net.TCPListener) error { return errors.ErrUnsupported }
