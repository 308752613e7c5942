package testworld

import (
	"crypto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"plinto/internal/jwt"
)

// SigningKeys returns what makes the private keys of a server of a test, as jwt.Generate does. RSA keys take a tenth
// of a second to make: tests have the same ones. Within one test, with its subtests, no key comes twice, whichever
// server asks for it.
func SigningKeys(t testing.TB) func(alg string) (crypto.Signer, error) {
	test, _, _ := strings.Cut(t.Name(), "/")
	held, _ := givenRSA.LoadOrStore(test, new(atomic.Int64))
	given := held.(*atomic.Int64)
	return func(alg string) (crypto.Signer, error) {
		if !strings.HasPrefix(alg, "RS") && !strings.HasPrefix(alg, "PS") {
			return jwt.Generate(alg)
		}
		return rsaKey(int(given.Add(1)) - 1)
	}
}

// givenRSA is how many RSA keys a test was given, by its name.
var givenRSA sync.Map

// keptRSA are the RSA keys of this process, each made when it is needed first.
var keptRSA struct {
	sync.Mutex
	keys []func() (crypto.Signer, error)
}

func rsaKey(n int) (crypto.Signer, error) {
	keptRSA.Lock()
	for len(keptRSA.keys) <= n {
		keptRSA.keys = append(keptRSA.keys, sync.OnceValues(func() (crypto.Signer, error) { return jwt.Generate(jwt.RS256) }))
	}
	key := keptRSA.keys[n]
	keptRSA.Unlock()
	return key()
}
