package embedded

import (
	"errors"
	"syscall"
	"testing"
)

func TestLock_isGivenBackWhileAChildHasItOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("taken twice: %v, want %v", err, ErrInUse)
	}
	child, err := syscall.Dup(int(lock.Fd())) // as fork does
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(child) }()
	if err := unlockDir(lock); err != nil {
		t.Fatal(err)
	}
	again, err := lockDir(dir)
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	_ = unlockDir(again)
}
