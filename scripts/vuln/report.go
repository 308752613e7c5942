package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A reach is how near vulnerable code is.
type reach int

const (
	required reach = iota + 1 // its module is needed, its package is not linked
	imported                  // its package is linked
	called                    // one of ours leads to it
)

// A finding is one vulnerability in one module.
type finding struct {
	id      string // GO-2026-1234
	module  string // "stdlib" of the standard library
	version string // that we have
	fixed   string // that has it no more; "" where there is none
	aliases []string
	reach   reach
	path    string // from ours to the vulnerable function, where it is called
}

// A report is what govulncheck found.
type report struct {
	goVersion string
	found     []finding // by id and module
}

// A message is one of the stream that govulncheck writes (golang.org/x/vuln,
// internal/govulncheck, protocol v1.0.0); what is not used here is left out.
type message struct {
	Config *struct {
		Protocol  string `json:"protocol_version"`
		GoVersion string `json:"go_version"`
		Level     string `json:"scan_level"`
	} `json:"config"`
	OSV *struct {
		ID      string   `json:"id"`
		Aliases []string `json:"aliases"`
	} `json:"osv"`
	Finding *struct {
		OSV   string  `json:"osv"`
		Fixed string  `json:"fixed_version"`
		Trace []frame `json:"trace"`
	} `json:"finding"`
}

// A frame is a step of a trace: the vulnerable function first, ours last.
type frame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Receiver string `json:"receiver"`
}

func (f frame) String() string {
	name := f.Function
	if f.Receiver != "" {
		name = strings.TrimPrefix(f.Receiver, "*") + "." + name
	}
	return f.Package + "." + name
}

// readReport reads the stream. One vulnerability is found at several levels; the nearest counts.
func readReport(r io.Reader) (*report, error) {
	var rep report
	aliases := map[string][]string{}
	found := map[[2]string]finding{}
	for dec := json.NewDecoder(r); ; {
		var m message
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read what govulncheck wrote: %w", err)
		}
		switch {
		case m.Config != nil:
			if m.Config.Protocol != "v1.0.0" || m.Config.Level != "symbol" {
				return nil, fmt.Errorf("govulncheck writes protocol %s about every %s, want v1.0.0 and symbol", m.Config.Protocol, m.Config.Level)
			}
			rep.goVersion = m.Config.GoVersion
		case m.OSV != nil:
			aliases[m.OSV.ID] = m.OSV.Aliases
		case m.Finding != nil && len(m.Finding.Trace) > 0:
			f := newFinding(m.Finding.OSV, m.Finding.Fixed, m.Finding.Trace)
			if key := [2]string{f.id, f.module}; f.reach > found[key].reach {
				found[key] = f
			}
		}
	}
	if rep.goVersion == "" {
		return nil, errors.New("govulncheck wrote nothing: it did not look")
	}
	for _, key := range slices.SortedFunc(maps.Keys(found), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		f := found[key]
		f.aliases = aliases[f.id]
		rep.found = append(rep.found, f)
	}
	return &rep, nil
}

func newFinding(id, fixed string, trace []frame) finding {
	at := trace[0]
	f := finding{id: id, module: at.Module, version: at.Version, fixed: fixed, reach: required}
	switch {
	case at.Function != "":
		f.reach = called
		var steps []string
		for _, step := range slices.Backward(trace) {
			steps = append(steps, step.String())
		}
		f.path = strings.Join(steps, " → ")
	case at.Package != "":
		f.reach = imported
	}
	return f
}

// summary counts findings by their reach.
func summary(found []finding) string {
	n := map[reach]int{}
	for _, f := range found {
		n[f.reach]++
	}
	return fmt.Sprintf("%d called, %d linked and not called, %d not linked", n[called], n[imported], n[required])
}
