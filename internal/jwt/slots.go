package jwt

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"runtime"
	"sync"
	"sync/atomic"
)

// rsaSlots bounds the RSA signatures that run at once in this process to one fewer than GOMAXPROCS, or to what
// BoundRSA was told. A signature takes
// a millisecond; when every processor of the scheduler is busy with them nobody polls the network, and a request that
// needs no signature waits behind forty. Measured with 14 connections that sign RS256 and 2 that ask for a constant,
// 2 cores: p99 of the constant 58 ms without bound, 45 ms with as many slots as processors, 7 ms with one fewer.
// A program that raises GOMAXPROCS one above its cores keeps the rate of signatures too.
//
// It is made at the first use, so that main can set GOMAXPROCS and the bound before.
var rsaSlots = sync.OnceValue(func() chan struct{} {
	if n := rsaBound.Load(); n > 0 {
		return make(chan struct{}, n)
	}
	return make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))
})

var rsaBound atomic.Int32

// BoundRSA says how many RSA signatures run at once, for a program whose GOMAXPROCS has room for other work that
// holds processors. It is called before the first signature.
func BoundRSA(n int) { rsaBound.Store(int32(n)) }

// slotsFor returns nil for a key that needs no bound: a fast algorithm, or a key that lives elsewhere.
func slotsFor(key crypto.Signer) func() chan struct{} {
	if _, local := key.(*rsa.PrivateKey); local {
		return rsaSlots
	}
	return nil
}

// sign is crypto.Signer.Sign, waiting for a slot where the key needs one.
func (s *Signer) sign(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if s.slots != nil {
		slots := s.slots()
		slots <- struct{}{}
		defer func() { <-slots }()
	}
	return s.key.Sign(rand.Reader, digest, opts)
}
