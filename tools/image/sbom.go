package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeSBOM writes what is in a program as a CycloneDX document beside it, named after it. The document
// names the program by its hash, and has no time but that of the source.
func writeSBOM(ctx context.Context, src *source, p program, dist string) error {
	bom, err := describe(ctx, src, p)
	if err != nil {
		return fmt.Errorf("SBOM for %s: %w", p.arch, err)
	}
	if err := checkSBOM(bom, p); err != nil {
		return fmt.Errorf("SBOM for %s: %w", p.arch, err)
	}
	text, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	bom.Metadata.Timestamp = src.created.Format(time.RFC3339)
	bom.Metadata.Component.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	var b bytes.Buffer
	if err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(bom); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, filepath.Base(p.path)+".cdx.json"), b.Bytes(), 0o644)
}

// describe has cyclonedx-gomod look at the source as it is built for an architecture.
func describe(ctx context.Context, src *source, p program) (*cdx.BOM, error) {
	var stdout, stderr bytes.Buffer
	tool, err := toolPath(ctx)
	if err != nil {
		return nil, err
	}
	build := src.goCommand(ctx, p.arch)
	cmd := exec.CommandContext(ctx, tool, "app", "-json", "-std", "-licenses", "-noserial", "-output-version", "1.6", "-main", "cmd/plinto", src.root)
	cmd.Env, cmd.Stdout, cmd.Stderr = build.Env, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("cyclonedx-gomod: %w\n%s", err, stderr.String())
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(&stdout, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return nil, fmt.Errorf("read what cyclonedx-gomod wrote: %w", err)
	}
	return &bom, nil
}

// toolPath builds cyclonedx-gomod for this machine and returns where it is.
func toolPath(ctx context.Context) (string, error) {
	text, err := exec.CommandContext(ctx, "go", "tool", "-n", "cyclonedx-gomod").Output()
	if err != nil {
		return "", fmt.Errorf("build cyclonedx-gomod: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// checkSBOM compares the document with what the linker wrote into the program: the same modules in the
// same versions, and nothing else.
func checkSBOM(bom *cdx.BOM, p program) error {
	if bom.SpecVersion != cdx.SpecVersion1_6 || bom.Metadata == nil || bom.Metadata.Component == nil || bom.Components == nil {
		return errors.New("it is not whole, or of another version than 1.6")
	}
	info, err := buildinfo.ReadFile(p.path)
	if err != nil {
		return err
	}
	linked, ours := map[string]string{"std": info.GoVersion}, map[string]bool{}
	for _, m := range info.Deps {
		linked[m.Path] = m.Version
		if m.Replace != nil && strings.HasPrefix(m.Replace.Path, "./") {
			ours[m.Path], linked[m.Path] = true, "" // a folder of this source has no version of its own
		}
	}
	listed := map[string]string{}
	for _, c := range *bom.Components {
		listed[c.Name] = c.Version
		if c.PackageURL == "" || c.BOMRef == "" {
			return fmt.Errorf("%s has no package URL", c.Name)
		}
		if ours[c.Name] {
			listed[c.Name] = ""
		}
	}
	if !maps.Equal(linked, listed) {
		return fmt.Errorf("the program has %s, the document %s", difference(linked, listed), difference(listed, linked))
	}
	return nil
}

// difference names what a has and b has not.
func difference(a, b map[string]string) string {
	var only []string
	for name, version := range a {
		if b[name] != version {
			only = append(only, name+"@"+version)
		}
	}
	slices.Sort(only)
	if len(only) == 0 {
		return "nothing else"
	}
	return strings.Join(only, ", ")
}
