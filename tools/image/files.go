package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const (
	entrypoint  = "plinto"
	authorities = "etc/ssl/certs/ca-certificates.crt" // where Go and others look first
	zones       = "usr/share/zoneinfo.zip"
	// user is nobody's on any distribution, and the one of images without a shell (distroless).
	user  = "65532"
	names = "root:x:0:0:root:/:/sbin/nologin\nplinto:x:65532:65532:plinto:/:/sbin/nologin\n"
	group = "root:x:0:\nplinto:x:65532:\n"
)

// A file of the image. All belong to root, and only root may write to them.
type file struct {
	name string // without the leading slash; directories end with one
	mode int64
	text []byte
}

// base are the files besides the program, in the order of a tar archive.
func base() ([]file, error) {
	roots, err := authorityFile()
	if err != nil {
		return nil, err
	}
	times, err := zoneFile()
	if err != nil {
		return nil, err
	}
	return []file{
		{"etc/", 0o755, nil},
		{"etc/group", 0o444, []byte(group)},
		{"etc/passwd", 0o444, []byte(names)},
		{"etc/ssl/", 0o755, nil},
		{"etc/ssl/certs/", 0o755, nil},
		{authorities, 0o444, roots},
		{"tmp/", 0o1777, nil}, // where a volume can be put; nothing is written to it
		{"usr/", 0o755, nil},
		{"usr/share/", 0o755, nil},
		{zones, 0o444, times},
	}, nil
}

// authorityFile writes the authorities of Mozilla's list in PEM. Those that are trusted under conditions
// which a certificate cannot say, such as a date, are left out: a file of them would drop the condition.
func authorityFile() ([]byte, error) {
	var b bytes.Buffer
	n := 0
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		n++
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	if n < 50 {
		return nil, fmt.Errorf("only %d certificate authorities: the list is broken", n)
	}
	return b.Bytes(), nil
}

// zoneFile are the time zones that the Go toolchain comes with, for the variable ZONEINFO.
func zoneFile() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
}

// layer packs files. The same files make the same bytes.
func layer(files []file, at time.Time) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := tar.Header{Format: tar.FormatUSTAR, Name: f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: at, Typeflag: tar.TypeReg}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(&h); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
		if _, err := w.Write(f.text); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithCompressionLevel(9), tarball.WithMediaType(types.OCILayer))
}
