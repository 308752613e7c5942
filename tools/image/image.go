package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const license = "Apache-2.0"

// annotations are those of the OCI image specification, which are labels of the configuration, too.
func (s *source) annotations() map[string]string {
	a := map[string]string{
		"org.opencontainers.image.title":       "Plinto",
		"org.opencontainers.image.description": "An OAuth 2.0 and OpenID Connect authorization server",
		"org.opencontainers.image.licenses":    license,
		"org.opencontainers.image.version":     s.version,
		"org.opencontainers.image.created":     s.created.Format(time.RFC3339),
	}
	if s.revision != "" {
		a["org.opencontainers.image.revision"] = s.revision
	}
	return a
}

// settings are what a runtime does with the image.
func (s *source) settings() v1.Config {
	return v1.Config{
		User:         user + ":" + user,
		WorkingDir:   "/",
		Entrypoint:   []string{"/" + entrypoint},
		Cmd:          []string{"serve"},
		Env:          []string{"PATH=/", "ZONEINFO=/" + zones},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Healthcheck:  &v1.HealthConfig{Test: []string{"CMD", "/" + entrypoint, "healthcheck"}, Interval: 5 * time.Second, Timeout: 6 * time.Second, StartPeriod: 30 * time.Second},
		Labels:       s.annotations(),
		StopSignal:   "SIGTERM",
	}
}

// newIndex makes an image for each program, and the index of them.
func newIndex(src *source, programs []program) (v1.ImageIndex, error) {
	shared, err := base()
	if err != nil {
		return nil, err
	}
	below, err := layer(shared, src.created)
	if err != nil {
		return nil, err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range programs {
		img, err := newImage(src, p, below)
		if err != nil {
			return nil, fmt.Errorf("image for %s: %w", p.arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: p.arch}},
		})
	}
	index, ok := mutate.Annotations(index, src.annotations()).(v1.ImageIndex)
	if !ok {
		return nil, errors.New("an index with annotations is no index")
	}
	return index, nil
}

func newImage(src *source, p program, below v1.Layer) (v1.Image, error) {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	above, err := layer([]file{{entrypoint, 0o555, text}}, src.created)
	if err != nil {
		return nil, err
	}
	at := v1.Time{Time: src.created}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err = mutate.Append(img,
		mutate.Addendum{Layer: below, MediaType: types.OCILayer, History: v1.History{Created: at, CreatedBy: "certificate authorities, time zones, user"}},
		mutate.Addendum{Layer: above, MediaType: types.OCILayer, History: v1.History{Created: at, CreatedBy: "plinto " + src.version}},
	)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created, config.Config = "linux", p.arch, at, src.settings()
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return nil, err
	}
	img, ok := mutate.Annotations(img, src.annotations()).(v1.Image)
	if !ok {
		return nil, errors.New("an image with annotations is no image")
	}
	return img, nil
}

// write stores the index as an OCI layout, and the layout as one tar archive.
func write(dist string, index v1.ImageIndex, at time.Time) error {
	dir := filepath.Join(dist, "image")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	if err := path.AppendIndex(index); err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	return archive(dir, filepath.Join(dist, "plinto-image.tar"), at)
}

// archive packs a directory, in the order of names and without what the file system adds.
func archive(dir, name string, at time.Time) (err error) {
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var paths []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(paths)
	w := tar.NewWriter(out)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Format: tar.FormatUSTAR, Name: filepath.ToSlash(rel), Mode: 0o644, Size: int64(len(text)), ModTime: at}); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return w.Close()
}
