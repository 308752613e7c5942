package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// DefaultDir returns where `plinto dev` keeps its data unless told otherwise:
// the user's state directory, and for root a place that the user of DropRoot
// can reach, which root's home is not.
func DefaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/plinto-dev", nil
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "plinto", "dev"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find home directory: %w", err)
	}
	return filepath.Join(home, ".local", "state", "plinto", "dev"), nil
}

// DropRoot turns a process of root into one of an ordinary user, for good: all
// threads, all groups. The user is the owner of dir, or when root owns it
// "postgres", else "nobody", who then becomes its owner. The working directory
// becomes dir, since Postgres needs one that it can enter: open every other
// file first. Does nothing for an ordinary user.
func DropRoot(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find data directory: %w", err)
	}
	uid, gid, err := adopt(dir)
	if err != nil {
		return err
	}
	// Groups first: without root they cannot be changed any more.
	if err := syscall.Setgroups([]int{gid}); err != nil {
		return fmt.Errorf("drop groups of root: %w", err)
	}
	if err := syscall.Setgid(gid); err != nil {
		return fmt.Errorf("become group %d: %w", gid, err)
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("become user %d: %w", uid, err)
	}
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("enter data directory as user %d, choose one outside root's home: %w", uid, err)
	}
	return os.Setenv("HOME", dir) // root's is closed to us now
}

// adopt makes the directory when it is missing and returns who will own it.
func adopt(dir string) (uid, gid int, err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return 0, 0, fmt.Errorf("make parent of data directory: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return 0, 0, fmt.Errorf("make data directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("inspect data directory: %w", err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		return int(owner.Uid), int(owner.Gid), nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("inspect data directory: %w", err)
	}
	if len(entries) > 0 { // it may be /etc
		return 0, 0, fmt.Errorf("data directory %s is root's and not empty: name a new one", dir)
	}
	if uid, gid, err = ordinaryUser(); err != nil {
		return 0, 0, err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return 0, 0, fmt.Errorf("hand over data directory: %w", err)
	}
	return uid, gid, nil
}

func ordinaryUser() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return uid, gid, nil
		}
	}
	return 0, 0, errors.New("find a user to run Postgres as: neither postgres nor nobody exists")
}
