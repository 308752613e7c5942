package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	vexContext = "https://openvex.dev/ns/v0.2.0"
	product    = "pkg:golang/plinto"
	// notAffected is the one status that a released version may have: what affects us is mended.
	notAffected = "not_affected"
)

// justifications are those that OpenVEX knows, by the reach that each fits.
var justifications = map[reach][]string{
	required: {"vulnerable_code_not_present"},
	imported: {"vulnerable_code_not_in_execute_path"},
	called:   {"vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"},
}

// usual says in words what the tool has found out by itself. Of what is called only people can say anything.
var usual = map[reach]string{
	required: "No package of the module that has the vulnerability is part of the program.",
	imported: "The package is part of the program, but nothing in it leads to a vulnerable function.",
}

// A document is an OpenVEX document, as far as we write it.
type document struct {
	Context    string      `json:"@context"`
	ID         string      `json:"@id"`
	Author     string      `json:"author"`
	Timestamp  time.Time   `json:"timestamp"`
	Version    int         `json:"version"`
	Statements []statement `json:"statements"`
}

// A statement says of one vulnerability how it concerns the product.
type statement struct {
	Vulnerability struct {
		Name    string   `json:"name"`
		Aliases []string `json:"aliases,omitempty"`
	} `json:"vulnerability"`
	Products      []component `json:"products"`
	Status        string      `json:"status"`
	Justification string      `json:"justification"`
	Impact        string      `json:"impact_statement"`
}

// A component is named by its package URL.
type component struct {
	ID            string      `json:"@id"`
	Subcomponents []component `json:"subcomponents,omitempty"`
}

// parseDocument reads a document; members that are not ours are errors, for nobody would heed them.
func parseDocument(text []byte) (*document, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var d document
	if err := dec.Decode(&d); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the document")
	}
	if d.Context != vexContext || d.ID == "" || d.Author == "" || d.Timestamp.IsZero() || d.Version < 1 {
		return nil, errors.New("@context, @id, author, timestamp and version are needed, of OpenVEX 0.2.0")
	}
	return &d, nil
}

// text writes the document as it is kept.
func (d *document) text() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		panic(err) // strings, numbers and a time
	}
	return b.Bytes()
}

// check compares findings with the statements about them.
func (d *document) check(found []finding) (problems []string) {
	used := make([]bool, len(d.Statements))
	for _, f := range found {
		i := slices.IndexFunc(d.Statements, f.isOf)
		if i < 0 {
			problems = append(problems, "nothing explains "+f.String())
			continue
		}
		if used[i] {
			problems = append(problems, f.id+" in "+f.module+" is found twice")
		}
		used[i] = true
		if why := d.Statements[i].wrong(f); why != "" {
			problems = append(problems, fmt.Sprintf("the statement about %s %s: %s", f.id, why, f))
		}
	}
	for i, s := range d.Statements {
		if !used[i] {
			problems = append(problems, fmt.Sprintf("%s is explained, and not found (or a second time): take it out of the document", s.Vulnerability.Name))
		}
	}
	return problems
}

// wrong says what is wrong with a statement about a finding, "" for nothing.
func (s *statement) wrong(f finding) string {
	switch {
	case s.Status != notAffected:
		return "has the status " + s.Status + "; a release has none that affects it"
	case !slices.Contains(justifications[f.reach], s.Justification):
		return fmt.Sprintf("says %s, want %s", s.Justification, strings.Join(justifications[f.reach], " or "))
	case strings.TrimSpace(s.Impact) == "":
		return "gives no reason"
	}
	return ""
}

// explain writes the statements about findings that nothing of ours calls, and keeps the words of those
// that are still right. What is called is left to people; what is found no more is dropped.
func (d *document) explain(found []finding, now time.Time) {
	kept := []statement{} // an empty list, not null
	for _, f := range found {
		i := slices.IndexFunc(d.Statements, f.isOf)
		switch {
		case i >= 0 && (f.reach == called || d.Statements[i].wrong(f) == ""):
			kept = append(kept, d.Statements[i])
		case f.reach != called:
			kept = append(kept, f.statement())
		}
	}
	before := string(d.text())
	d.Statements = kept
	if string(d.text()) != before {
		d.Version, d.Timestamp = d.Version+1, now.UTC().Truncate(time.Second)
	}
}

// statement is what is written of a finding that is not called.
func (f finding) statement() statement {
	s := statement{Status: notAffected, Justification: justifications[f.reach][0], Impact: usual[f.reach]}
	s.Vulnerability.Name, s.Vulnerability.Aliases = f.id, f.aliases
	s.Products = []component{{ID: product, Subcomponents: []component{{ID: f.purl()}}}}
	return s
}

// isOf reports whether a statement is about the finding: the same vulnerability of the same module.
func (f finding) isOf(s statement) bool {
	return s.Vulnerability.Name == f.id && len(s.Products) == 1 && s.Products[0].ID == product &&
		slices.ContainsFunc(s.Products[0].Subcomponents, func(c component) bool { return c.ID == f.purl() })
}

// purl is the package URL of the module, without its version: the statement holds for those that have the fault.
func (f finding) purl() string { return "pkg:golang/" + f.module }

func (f finding) String() string {
	text := fmt.Sprintf("%s in %s@%s", f.id, f.module, f.version)
	if f.fixed != "" {
		text += ", mended in " + f.fixed
	}
	switch f.reach {
	case called:
		text += ", called: " + f.path
	case imported:
		text += ", linked and not called"
	case required:
		text += ", not linked"
	}
	return text
}
