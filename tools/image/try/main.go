//go:build linux

// Command try runs the image that was made, as a container runtime does: its files and nothing else as
// the root of the file system, which nobody may write to, its user, its entrypoint, no capabilities. It
// has to be root for that. Postgres and Redis are those of the environment (internal/testservice):
//
//	make image-try
//	make image-try ARGS=-arch=arm64    the image of another architecture, by QEMU (Debian: qemu-user-static)
//
// It migrates, serves, asks `plinto healthcheck` until that says yes, asks for the discovery document,
// and stops the server.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// inside is set for the process that has a file system of its own: see cage.
const inside = "PLINTO_TRY_INSIDE"

// emulator is set for it where the image is of another architecture: the program that runs such programs.
const emulator = "PLINTO_TRY_EMULATOR"

// emulators are those of QEMU, by Go's names of architectures. They are static, so that they run in any root.
var emulators = map[string]string{"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}

func main() {
	dir := flag.String("image", "../../dist/image", "the OCI layout")
	arch := flag.String("arch", runtime.GOARCH, "the architecture")
	flag.Parse()
	var err error
	if root := os.Getenv(inside); root != "" {
		err = enter(root, flag.Args())
	} else {
		err = run(*dir, *arch)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
}

func run(dir, arch string) error {
	if os.Getuid() != 0 {
		return errors.New("only root can make a root of a file system")
	}
	box, err := unpack(dir, arch)
	if err != nil {
		return err
	}
	defer os.RemoveAll(box.root)
	patience := 2 * time.Minute
	if arch != runtime.GOARCH {
		if box.emulator, err = exec.LookPath(emulators[arch]); err != nil {
			return fmt.Errorf("run programs for %s: %w", arch, err)
		}
		patience = 20 * time.Minute
	}
	env, address, err := settings()
	if err != nil {
		return err
	}
	box.env = append(box.env, env...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, args := range [][]string{{"version"}, {"migrate"}, {"migrate", "--wait", "1m"}, {"tenant", "create", "acme"}} {
		if text, err := box.command(ctx, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("plinto %s: %w\n%s", strings.Join(args, " "), err, text)
		}
	}
	if box.command(ctx, "healthcheck").Run() == nil {
		return errors.New("healthcheck says yes, and no server runs")
	}
	return box.serve(ctx, address)
}

// serve runs the server and asks it.
func (b *box) serve(ctx context.Context, address string) error {
	var said strings.Builder
	server := b.command(ctx, b.arguments...)
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	for began := time.Now(); ; {
		err := b.command(ctx, "healthcheck").Run()
		if err == nil {
			fmt.Fprintf(os.Stdout, "try: healthy %v after the start\n", time.Since(began).Round(time.Millisecond))
			break
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the server ended: %w\n%s", err, said.String())
		default:
		}
		if ctx.Err() != nil {
			return fmt.Errorf("it is never healthy: %w", err)
		}
	}
	if err := discover(ctx, "http://"+address+"/t/acme"); err != nil {
		return err
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-ended; err != nil {
		return fmt.Errorf("the server ended: %w\n%s", err, said.String())
	}
	fmt.Fprintf(os.Stdout, "try: it serves as user %d on a file system that is read only, and ends at SIGTERM\n", b.user)
	return nil
}

// discover asks an issuer for its discovery document.
func discover(ctx context.Context, issuer string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return err
	}
	res, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || !strings.Contains(string(text), `"issuer":"`+issuer+`"`) {
		return fmt.Errorf("discovery answers %s: %.200s", res.Status, text)
	}
	return nil
}

// settings are those of the server, and where it will be.
func settings() (env []string, address string, err error) {
	owner, redis := os.Getenv("PLINTO_TEST_POSTGRES_URL"), os.Getenv("PLINTO_TEST_REDIS_URL")
	if owner == "" || redis == "" {
		return nil, "", errors.New("there is no Postgres and no Redis: run make image-try")
	}
	u, err := url.Parse(owner)
	if err != nil {
		return nil, "", err
	}
	u.User = url.UserPassword("plinto_server", rand.Text())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address = ln.Addr().String()
	if err := ln.Close(); err != nil {
		return nil, "", err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return []string{
		"PLINTO_PUBLIC_URL=http://" + address, "PLINTO_LISTEN=" + address, "PLINTO_OPERATIONS_LISTEN=off", "PLINTO_DRAIN_DELAY=0s",
		"PLINTO_DATABASE_URL=" + u.String(), "PLINTO_MIGRATE_DATABASE_URL=" + owner, "PLINTO_REDIS_URL=" + redis,
		"PLINTO_ENCRYPTION_KEY=" + base64.StdEncoding.EncodeToString(key),
	}, address, nil
}

// command prepares a command in the image.
func (b *box) command(ctx context.Context, args ...string) *exec.Cmd {
	line := slices.Concat([]string{"--", strconv.Itoa(b.user)}, b.entrypoint, args)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", line...)
	cmd.Env = append([]string{inside + "=" + b.root, emulator + "=" + b.emulator}, b.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	return cmd
}
