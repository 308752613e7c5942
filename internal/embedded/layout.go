package embedded

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	postgres "github.com/fergusstrange/embedded-postgres"

	"plinto/internal/embedded/binaries"
)

// ErrInUse says that another living process has the directory.
var ErrInUse = errors.New("directory is in use by another process")

// A layout is the directory that doc.go describes.
type layout string

func (l layout) path(name string) string { return filepath.Join(string(l), name) }

// lockDir takes the directory for this process. The kernel gives it back when
// the process ends, even by kill -9.
func lockDir(dir string) (*os.File, error) {
	lock, err := os.OpenFile(layout(dir).path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for range lockTries {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return lock, nil
		}
		time.Sleep(lockPause) // Running has it for a moment
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, ErrInUse), lock.Close())
}

const (
	lockTries = 10
	lockPause = 10 * time.Millisecond
)

// unlockDir gives the directory back. A child that was forked just now and is no other program yet has the file open too, so
// closing it here does not.
func unlockDir(lock *os.File) error {
	return errors.Join(syscall.Flock(int(lock.Fd()), syscall.LOCK_UN), lock.Close())
}

// access is Postgres' pg_hba.conf. The socket is in a directory of mode 0700,
// so whoever reaches it is the owner of the data or root.
const access = `local all all trust
host all all 127.0.0.1/32 scram-sha-256
`

// prepare brings the directory into the state that the library expects: no
// other server on it, no half-made cluster, no leftovers.
func (l layout) prepare(ctx context.Context) error {
	if err := l.stopOrphan(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(l.path("complete")); errors.Is(err, os.ErrNotExist) {
		// The first start was cut short: initdb may have been killed in its midst.
		if err := os.RemoveAll(l.path("data")); err != nil {
			return fmt.Errorf("remove incomplete cluster: %w", err)
		}
	}
	if err := l.removeForeignSocket(); err != nil {
		return err
	}
	if err := os.RemoveAll(l.socket()); err != nil {
		return fmt.Errorf("remove old socket: %w", err)
	}
	// Mkdir, not MkdirAll: in a shared directory the name may be taken by an attacker.
	if err := os.Mkdir(l.socket(), 0o700); err != nil {
		return fmt.Errorf("make directory of socket: %w", err)
	}
	if err := os.WriteFile(l.path("access"), []byte(access), 0o600); err != nil {
		return fmt.Errorf("write access file of postgres: %w", err)
	}
	return nil
}

// longestSocketDir leaves room for "/.s.PGSQL.65535" and its lock file in the
// 104 bytes that the shortest sockaddr_un of our platforms holds.
const longestSocketDir = 80

// socket returns the directory of the Unix socket: inside the directory, or
// under the system's temporary directory when its name would be too long.
func (l layout) socket() string {
	if inside := l.path("socket"); len(inside) <= longestSocketDir {
		return inside
	}
	sum := fnv.New64a()
	sum.Write([]byte(l)) // never fails
	return filepath.Join("/tmp", fmt.Sprintf("plinto-%d-%x", os.Geteuid(), sum.Sum64()))
}

// removeForeignSocket removes the directory of the socket when it is outside.
func (l layout) removeForeignSocket() error {
	if l.socket() == l.path("socket") {
		return nil
	}
	if err := os.RemoveAll(l.socket()); err != nil {
		return fmt.Errorf("remove directory of socket: %w", err)
	}
	return nil
}

// programs chooses the Postgres to run: the one that made the cluster, else
// the newest of this machine, else a download. The library deletes a cluster
// of another version than it is told, so the version is never guessed.
func (l layout) programs(ctx context.Context, config postgres.Config) (postgres.Config, error) {
	major, err := l.major()
	if err != nil {
		return config, err
	}
	if found, err := binaries.Find(ctx, major); err == nil {
		version := postgres.PostgresVersion(strconv.Itoa(found.Major) + ".0")
		return config.BinariesPath(found.Prefix).Version(version), nil
	}
	download, ok := map[int]postgres.PostgresVersion{
		0: postgres.V18, 15: postgres.V15, 16: postgres.V16, 17: postgres.V17, 18: postgres.V18,
	}[major]
	if !ok {
		return config, fmt.Errorf("find postgres %d, which made %s: not on this machine", major, l.path("data"))
	}
	programs := l.path("programs-" + string(download))
	return config.BinariesPath(programs).CachePath(l.path("downloads")).Version(download), nil
}

// major returns the version of the cluster, 0 when there is none yet.
func (l layout) major() (int, error) {
	content, err := os.ReadFile(filepath.Join(l.path("data"), "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version of cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read version of cluster: %w", err)
	}
	return major, nil
}
