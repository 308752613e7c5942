package jwt

import (
	"crypto"
	"testing"
	"testing/synctest"
)

func TestSigner_waitsForASlotWithRSAOnly(t *testing.T) {
	t.Parallel()
	for alg, waits := range map[string]bool{RS256: true, PS256: true, ES256: false, EdDSA: false} {
		key, err := Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) { testWaits(t, alg, key, waits) })
	}
}

func testWaits(t *testing.T, alg string, key crypto.Signer, waits bool) {
	signer, err := NewSigner(alg, "k", key)
	if err != nil {
		t.Fatal(err)
	}
	slots := make(chan struct{}, 1)
	if signer.slots != nil {
		signer.slots = func() chan struct{} { return slots }
	}
	slots <- struct{}{} // somebody else is signing
	done := false
	go func() {
		if _, err := signer.Sign("", []byte("{}")); err != nil {
			t.Error(err)
		}
		done = true
	}()
	synctest.Wait()
	if done == waits {
		t.Errorf("%s signed without a slot: %v", alg, done)
	}
	<-slots
	synctest.Wait()
	if !done || len(slots) != 0 {
		t.Errorf("%s: done %v, slots taken %d", alg, done, len(slots))
	}
}
