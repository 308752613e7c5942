package main

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// testProgram is a static program, which stands for plinto.
func testProgram(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	source, to := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", to, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	text, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func packed(t *testing.T, files []file, change func(*tar.Header)) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), Typeflag: tar.TypeReg}
		if strings.HasSuffix(f.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		change(h)
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.text); err != nil {
			t.Fatal(err)
		}
	}
	return &b
}

func TestCheckFiles_wantsTheseFilesAndNoOthers(t *testing.T) {
	t.Parallel()
	shared, err := base()
	if err != nil {
		t.Fatal(err)
	}
	all := append(shared, file{entrypoint, 0o555, testProgram(t)})
	const arch = "amd64"
	none := func(*tar.Header) {}
	if err := checkFiles(packed(t, all, none), arch); err != nil {
		t.Fatalf("as it is: %v", err)
	}
	on := func(name string, change func(*tar.Header)) func(*tar.Header) {
		return func(h *tar.Header) {
			if h.Name == name {
				change(h)
			}
		}
	}
	for name, c := range map[string]struct {
		files  []file
		change func(*tar.Header)
		arch   string
		want   string
	}{
		"a shell":              {append(all[:len(all):len(all)], file{"bin/sh", 0o555, nil}), none, arch, "it has bin/sh"},
		"without authorities":  {append(append([]file{}, all[:5]...), all[6:]...), none, arch, "it has"},
		"of the user":          {all, on(entrypoint, func(h *tar.Header) { h.Uid = 65532 }), arch, "plinto is of 65532"},
		"that can be written":  {all, on(entrypoint, func(h *tar.Header) { h.Mode = 0o755 }), arch, "with mode 755"},
		"set-user-id":          {all, on(entrypoint, func(h *tar.Header) { h.Mode = 0o4555 }), arch, "with mode 4555"},
		"an open directory":    {all, on("etc/", func(h *tar.Header) { h.Mode = 0o777 }), arch, "others may write to etc/"},
		"a link":               {all, on("etc/group", func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/x", 0 }), arch, "write too long"},
		"for another machine":  {all, none, "arm64", "the program is for"},
		"that is not a binary": {append(shared[:len(shared):len(shared)], file{entrypoint, 0o555, bytes.Repeat([]byte("#!/bin/sh\n"), 10)}), none, arch, "bad magic"},
	} {
		if name == "a link" { // a link has no text: pack it alone
			c.files = []file{{"etc/group", 0o444, nil}}
			c.want = "type"
		}
		if err := checkFiles(packed(t, c.files, c.change), c.arch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// The bytes of a layer depend on its files and the time of the source alone.
func TestLayer_isTheSameTwice(t *testing.T) {
	t.Parallel()
	digest := func(at time.Time, text string) string {
		l, err := layer([]file{{"a/", 0o755, nil}, {"a/b", 0o444, []byte(text)}}, at)
		if err != nil {
			t.Fatal(err)
		}
		d, err := l.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	at := time.Unix(1e9, 0)
	if digest(at, "x") != digest(at, "x") {
		t.Error("the same files make other bytes")
	}
	if digest(at, "x") == digest(at, "y") || digest(at, "x") == digest(at.Add(time.Second), "x") {
		t.Error("other files make the same bytes")
	}
}

// A document that lacks a module of the program, or has another version of it, is refused.
func TestSBOM_hasTheModulesOfTheProgram(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &cdx.Component{Name: "plinto"}}
	bom.Components = &[]cdx.Component{{Name: "std", Version: "go1", PackageURL: "pkg:golang/std", BOMRef: "x"}}
	bom.SpecVersion = cdx.SpecVersion1_6
	if err := checkSBOM(bom, program{"amd64", self}); err == nil || !strings.Contains(err.Error(), "github.com/CycloneDX/cyclonedx-go@") {
		t.Errorf("without the modules: %v", err)
	}
	bom.SpecVersion = cdx.SpecVersion1_4
	if err := checkSBOM(bom, program{"amd64", self}); err == nil || !strings.Contains(err.Error(), "1.6") {
		t.Errorf("of another version: %v", err)
	}
}
