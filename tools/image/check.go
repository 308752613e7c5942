package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// mostBytes is what the layers of an image may have, compressed.
const mostBytes = 40_000_000

// machines are the ELF machines of the architectures.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// check reads what was written and compares it with what it has to be.
func check(dir string, src *source, out io.Writer) error {
	path, err := layout.FromPath(dir)
	if err != nil {
		return err
	}
	top, err := path.ImageIndex()
	if err != nil {
		return err
	}
	if err := validate.Index(top); err != nil {
		return fmt.Errorf("the layout: %w", err)
	}
	listed, err := top.IndexManifest()
	if err != nil {
		return err
	}
	if len(listed.Manifests) != 1 { // tools that push a layout want to know which
		return fmt.Errorf("the layout has %d images, want one", len(listed.Manifests))
	}
	index, err := top.ImageIndex(listed.Manifests[0].Digest)
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	var found []string
	for _, d := range manifest.Manifests {
		img, err := index.Image(d.Digest)
		if err != nil {
			return err
		}
		found = append(found, d.Platform.Architecture)
		size, err := checkImage(img, d.Platform.Architecture, src)
		if err != nil {
			return fmt.Errorf("image for %s: %w", d.Platform, err)
		}
		fmt.Fprintf(out, "image: %s, %s, %.1f MB compressed\n", d.Platform, d.Digest, float64(size)/1e6)
	}
	if !slices.Equal(found, src.architectures) {
		return fmt.Errorf("the index is of %v, want %v", found, src.architectures)
	}
	return nil
}

// checkImage looks at one image and returns the size of its layers, compressed.
func checkImage(img v1.Image, arch string, src *source) (size int64, err error) {
	config, err := img.ConfigFile()
	if err != nil {
		return 0, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return 0, err
	}
	switch c := config.Config; {
	case config.OS != "linux" || config.Architecture != arch:
		return 0, fmt.Errorf("it is for %s/%s", config.OS, config.Architecture)
	case c.User != user+":"+user: // a number, so that Kubernetes can see that it is not root
		return 0, fmt.Errorf("it runs as %q", c.User)
	case !slices.Equal(c.Entrypoint, []string{"/plinto"}) || !slices.Equal(c.Cmd, []string{"serve"}):
		return 0, fmt.Errorf("it runs %q %q", c.Entrypoint, c.Cmd)
	case !maps.Equal(c.Labels, src.annotations()) || !maps.Equal(manifest.Annotations, src.annotations()):
		return 0, errors.New("labels and annotations differ from each other or from the source")
	}
	for _, l := range manifest.Layers {
		size += l.Size
	}
	if size > mostBytes {
		return 0, fmt.Errorf("its layers have %d bytes, at most %d are allowed", size, mostBytes)
	}
	files := mutate.Extract(img)
	defer files.Close()
	return size, checkFiles(files, arch)
}

// checkFiles looks at the files of an image. Any other file than these, a shell for one, is an error.
func checkFiles(r io.Reader, arch string) error {
	want := []string{entrypoint, "etc/group", "etc/passwd", authorities, zones}
	var found []string
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeDir {
			if strings.Trim(h.Name, "/") != "tmp" && h.Mode&0o022 != 0 {
				return fmt.Errorf("others may write to %s", h.Name)
			}
			continue
		}
		found = append(found, h.Name)
		if h.Uid != 0 || h.Gid != 0 || h.Mode&^0o555 != 0 || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%s is of %d:%d, with mode %o and type %q", h.Name, h.Uid, h.Gid, h.Mode, h.Typeflag)
		}
		if h.Name == entrypoint {
			if err := checkProgram(files, arch); err != nil {
				return err
			}
		}
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		return fmt.Errorf("it has %s, want %s", strings.Join(found, ", "), strings.Join(want, ", "))
	}
	return nil
}

// checkProgram looks whether a program needs nothing that the image does not have.
func checkProgram(r io.Reader, arch string) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	program, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(entrypoint), err)
	}
	if program.Machine != machines[arch] {
		return fmt.Errorf("the program is for %s", program.Machine)
	}
	if slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC }) {
		return errors.New("the program is not static")
	}
	return nil
}
