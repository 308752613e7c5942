package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Show shows a value in the format that was asked for; table writes it for people, tabs between.
type Show func(w io.Writer, value any, table func(io.Writer)) error

// columns are what lists show, in this order, as far as their things have it.
var columns = []string{
	"id", "client_id", "key", "scope", "slug", "identifier", "url", "hint", "type", "email", "username", "name", "client_name", "status",
	"state", "disabled", "suspended", "roles", "permissions", "managed_by", "created_at", "occurred_at", "expires_at", "last_used_at",
}

const maxColumns = 7

// table writes an answer: a list as rows, a thing as its members.
func table(w io.Writer, answer any) {
	switch a := answer.(type) {
	case nil:
		fmt.Fprintln(w, "Done.")
	case map[string]any:
		if rows, ok := a["data"].([]any); ok {
			list(w, rows, a)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(a)) {
			if name != "object" {
				fmt.Fprintf(w, "%s\t%s\n", name, cell(a[name]))
			}
		}
	default:
		fmt.Fprintln(w, cell(a))
	}
}

func list(w io.Writer, rows []any, a map[string]any) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "There are none.")
		return
	}
	var shown []string
	for _, name := range columns {
		there := slices.ContainsFunc(rows, func(row any) bool { m, ok := row.(map[string]any); return ok && m[name] != nil })
		if there && len(shown) < maxColumns {
			shown = append(shown, name)
		}
	}
	fmt.Fprintln(w, strings.ToUpper(strings.ReplaceAll(strings.Join(shown, "\t"), "_", " ")))
	for _, row := range rows {
		m, _ := row.(map[string]any)
		cells := make([]string, len(shown))
		for i, name := range shown {
			cells[i] = cell(m[name])
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if next, ok := a["next_cursor"].(string); ok && a["has_more"] == true {
		fmt.Fprintf(w, "There are more: --after %s, or --all\n", next)
	}
}

// cell writes a value in one line. What others wrote can move no cursor and paint nothing.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strings.Map(func(r rune) rune {
			if r < ' ' || 0x7f <= r && r < 0xa0 {
				return '\ufffd'
			}
			return r
		}, v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = cell(v[i])
		}
		return strings.Join(parts, " ")
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return cell(string(text))
	default:
		return fmt.Sprint(v)
	}
}
