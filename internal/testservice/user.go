package testservice

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// unprivileged returns the user that servers run as when the tests run as
// root, and nil otherwise: Postgres refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("find a user to run Postgres as: neither postgres nor nobody exists")
}

// roomy is the free space that lets a test cluster live in memory. A
// container's default of 64 MiB does not.
const roomy = 1 << 30

// tempDir returns the directory for temporary files that the user can reach:
// root's own is often closed to everybody else. Data that need not survive is
// kept in memory where there is room; cloning a database is ten times faster.
func tempDir(user *syscall.Credential, durable bool) string {
	var memory syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &memory); err == nil && !durable {
		if memory.Bavail*uint64(memory.Bsize) > roomy {
			return "/dev/shm"
		}
	}
	dir := os.TempDir()
	if user == nil {
		return dir
	}
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if info, err := os.Stat(at); err != nil || info.Mode().Perm()&0o001 == 0 {
			return "/tmp"
		}
	}
	return dir
}

// freePort returns a loopback port that nobody listens on right now.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
