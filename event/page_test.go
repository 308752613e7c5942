package event

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

const pageHead = `# Events

<!-- Written by go test ./event -update; what it says is in the comments of package event. -->

Everything that changes something appends an event in the same transaction: there is no change without its event, and no event
without its change. The audit log keeps every event; mails and notifications are sent for some, at least once each.

An event has an ` + "`id`" + ` that stays the same however often it is told, a ` + "`type`" + `, the time, an actor (` + "`user`, `client`, `operator`, `system` or\n`anonymous`" + `), a
subject (the public id of what it happened to), an ` + "`outcome`" + ` (` + "`success` or `failure`" + `) with a ` + "`reason`" + ` for failures, where it came from, the
id of the request, and ` + "`data`" + `, which is different for each type and described below. Data hold ids and codes, never secrets.

Within a version of a type, members are added and none is taken away; ignore those that you do not know. The
[schemas](schemas/events) are JSON Schema 2020-12.

`

func TestPage_showsEveryType(t *testing.T) {
	t.Parallel()
	comments := docs(t)
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("| type | records |\n|---|---|\n")
	for _, zero := range Types() {
		anchor := strings.ReplaceAll(string(zero.Type()), ".", "")
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", zero.Type(), anchor, strings.TrimPrefix(comments[reflect.TypeOf(zero).Name()].text, "Records "))
	}
	for _, zero := range Types() {
		writeType(t, &b, zero, comments[reflect.TypeOf(zero).Name()])
	}
	written(t, page, []byte(b.String()))
}

func writeType(t *testing.T, b *strings.Builder, zero Fact, said doc) {
	t.Helper()
	s := schemaOf(t, zero, said)
	file := filepath.Base(schemaFile(zero))
	fmt.Fprintf(b, "\n## `%s`\n\n%s", zero.Type(), said.text)
	if EndsTokens(zero) {
		b.WriteString(" Tokens that stood before may be over.")
	}
	fmt.Fprintf(b, " [Schema](schemas/events/%s).\n", file)
	if len(s.Properties) == 0 {
		b.WriteString("\nIt has no data.\n")
		return
	}
	b.WriteString("\n| member | type | |\n|---|---|---|\n")
	for i := range reflect.TypeOf(zero).NumField() {
		name, _, _ := strings.Cut(reflect.TypeOf(zero).Field(i).Tag.Get("json"), ",")
		p := s.Properties[name]
		meaning := p.Description
		if !slices.Contains(s.Required, name) {
			meaning = strings.TrimSpace("Optional. " + meaning)
		}
		if len(p.Examples) > 0 {
			meaning = strings.TrimSpace(fmt.Sprintf("%s Now one of `%s`.", meaning, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.Examples)), "`, `"), "[]")))
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, kindName(p), meaning)
	}
	data, err := json.MarshalIndent(sample(t, zero), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "\n```json\n%s\n```\n", data)
}

func kindName(p *jsonschema.Schema) string {
	switch {
	case p.Format != "":
		return p.Format
	case p.Items != nil:
		return "list of " + p.Items.Type + "s"
	}
	return p.Type
}
