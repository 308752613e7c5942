package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"plinto/client"
	"plinto/cmd/plinto/manifest"
	"plinto/internal/fault"
)

// A failure is one reason why a command did not work, as it stands on standard error where JSON was asked for.
type failure struct {
	Code    string        `json:"code,omitempty"` // of the error, such as "client_id_taken", or one of those below
	Message string        `json:"message"`
	Remedy  string        `json:"remedy,omitempty"`
	At      string        `json:"at,omitempty"`     // place in a manifest: "file:line:column: path"
	Fields  []failedField `json:"fields,omitempty"` // what is wrong with which member
}

// A failedField is what is wrong with one member of what was sent.
type failedField struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// field adds what is wrong with a member, or with a parameter.
func (f *failure) field(pointer, parameter, message string) {
	f.Fields = append(f.Fields, failedField{strings.TrimPrefix(pointer, "/") + parameter, message})
}

// The codes of failures whose errors have none.
const (
	failedUsage         = "usage"         // it was called wrongly
	failedConfiguration = "configuration" // a setting is missing or wrong
	failedDatabase      = "database"      // the database cannot be worked with
	failedManifest      = "manifest"
	failedOtherwise     = "failed"
)

// failures are all reasons of an error, in the order in which they are told.
func failures(err error) (all []failure) {
	var settings configError
	var database *databaseError
	var problems *manifest.Problems
	var refused *client.Error
	several := parts(err)
	add := func(f *failure) { all = append(all, *f) }
	switch {
	case errors.As(err, &settings):
		for _, line := range settings {
			cause, remedy, _ := strings.Cut(line, ": ")
			add(&failure{Code: failedConfiguration, Message: cause, Remedy: remedy})
		}
	case errors.As(err, &database):
		for _, f := range database.findings {
			add(&failure{Code: failedDatabase, Message: f.Cause, Remedy: f.Remedy})
		}
	case errors.As(err, &problems):
		for _, p := range problems.List {
			at := strings.TrimSuffix(manifest.Problem{Line: p.Line, Column: p.Column, Path: p.Path}.In(problems.File), ": ")
			add(&failure{Code: failedManifest, Message: p.Message, At: at})
		}
	case errors.As(err, &refused) && refused.Code != "":
		f := failure{Code: refused.Code, Message: refused.Detail}
		for _, part := range refused.Errors {
			f.field(part.Pointer, part.Parameter, part.Detail)
		}
		add(&f)
	case len(several) > 0:
		for _, one := range several {
			all = append(all, failures(one)...)
		}
	default:
		add(failureOf(err))
	}
	return all
}

// parts are the errors that errors.Join made one of, or none.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // of errors.Join itself
	if !ok {
		return nil
	}
	all := joined.Unwrap()
	if err.Error() != errors.Join(all...).Error() {
		return nil // one error that says more than its causes
	}
	return all
}

// failureOf is an error that is about one thing.
func failureOf(err error) *failure {
	if isUsage(err) {
		return &failure{Code: failedUsage, Message: onOneLine(err)}
	}
	f := &failure{Code: failedOtherwise, Message: explainFault(err)}
	if known, ok := fault.As(err); ok && known.Code != "" {
		f.Code = known.Code
		for _, part := range known.Fields {
			f.field(part.Pointer, part.Parameter, part.Message)
		}
	}
	return f
}

// isUsage reports whether a command was called wrongly. Errors of cobra's about commands, and about flags that are missing, have no type.
func isUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "required flag(s)")
}

// tell writes an object of JSON to standard error, a line.
func (c *cli) tell(name string, value any) {
	e := json.NewEncoder(c.err)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any{name: value}) // a terminal that is gone cannot be told
}

// warning tells what does not keep a command from working.
func (c *cli) warning(text string) {
	c.says("warnings", "plinto: warning: ", text)
}

// note tells what is worth knowing.
func (c *cli) note(text string) {
	c.says("notes", "plinto: ", text)
}

func (c *cli) says(name, before, text string) {
	if c.json {
		c.tell(name, []failure{{Message: text}})
		return
	}
	fmt.Fprintln(c.err, before+text)
}

// progress is where a command says how far it is: nowhere, where a program reads what it says.
func (c *cli) progress() io.Writer {
	if c.json {
		return io.Discard
	}
	return c.err
}
