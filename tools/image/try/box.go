//go:build linux

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// A box is an image that was unpacked.
type box struct {
	root       string
	user       int
	entrypoint []string
	arguments  []string
	env        []string
	emulator   string // that runs programs of another architecture; "": none is needed
}

// unpack unpacks the image of an architecture into a directory of its own.
func unpack(dir, arch string) (*box, error) {
	img, err := find(dir, arch)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "plinto-try-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(root, 0o755); err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(config.Config.User, ":")
	user, err := strconv.Atoi(name)
	if err != nil {
		return nil, fmt.Errorf("the user of the image: %w", err)
	}
	b := &box{root: root, user: user, entrypoint: config.Config.Entrypoint, arguments: config.Config.Cmd, env: config.Config.Env}
	files := mutate.Extract(img)
	defer files.Close()
	if err := b.extract(tar.NewReader(files)); err != nil {
		return nil, err
	}
	return b, os.MkdirAll(filepath.Join(root, "proc"), 0o755) // which every runtime makes
}

func find(dir, arch string) (v1.Image, error) {
	path, err := layout.FromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: run make image first", err)
	}
	top, err := path.ImageIndex()
	if err != nil {
		return nil, err
	}
	listed, err := top.IndexManifest()
	if err != nil {
		return nil, err
	}
	index, err := top.ImageIndex(listed.Manifests[0].Digest)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, d := range manifest.Manifests {
		if d.Platform.Architecture == arch {
			return index.Image(d.Digest)
		}
	}
	return nil, fmt.Errorf("there is no image for %s", arch)
}

func (b *box) extract(files *tar.Reader) error {
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		to := filepath.Join(b.root, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if h.Typeflag == tar.TypeDir {
			if err := os.Mkdir(to, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
				return err
			}
			continue
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, text, os.FileMode(h.Mode)); err != nil {
			return err
		}
	}
}

// enter makes root the root of the file system for this process, which has mounts of its own, and becomes the
// program of args, whose first is a user. The environment is that of the image.
func enter(root string, args []string) error {
	user, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	program, err := opened(os.Getenv(emulator))
	if err != nil {
		return err
	}
	if err := mount(root); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "tmp", "x"), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("the root is not read only: writing to it says %v", err)
	}
	if err := syscall.Chroot(root); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	// Who gives up being root this way gives up the capabilities, too.
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(user), syscall.Setuid(user)); err != nil {
		return fmt.Errorf("become user %d: %w", user, err)
	}
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, inside+"=") || strings.HasPrefix(v, emulator+"=")
	})
	if program != "" {
		return syscall.Exec(program, append([]string{"emulator"}, args[1:]...), env)
	}
	return syscall.Exec(args[1], args[1:], env)
}

// opened opens an emulator, which is not in the image, and returns a path that leads to it from any root.
func opened(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("open the emulator: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d", fd), nil
}

// mount binds root to itself, read only, with the processes of this machine in it.
func mount(root string) error {
	for _, m := range []struct {
		source, target string
		flags          uintptr
	}{
		{"", "/", syscall.MS_REC | syscall.MS_PRIVATE},
		{root, root, syscall.MS_BIND},
		{"/proc", filepath.Join(root, "proc"), syscall.MS_BIND | syscall.MS_REC},
		{"", root, syscall.MS_REMOUNT | syscall.MS_BIND | syscall.MS_RDONLY | syscall.MS_NOSUID},
	} {
		if err := syscall.Mount(m.source, m.target, "", m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	return nil
}
