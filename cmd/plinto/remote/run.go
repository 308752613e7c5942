package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// A running is one command of an operation.
type running struct {
	Options
	op     *operation
	show   Show
	params map[string]parameter // by flag
	body   map[string]schema    // by flag
	file   string
	clear  []string // members that get null
	all    bool     // every page of a list
	yes    bool     // really delete it
}

// command makes the command of an operation.
func (d *document) command(op *operation, name string, args []string, o Options) *cobra.Command {
	r := &running{Options: o, op: op, params: map[string]parameter{}, body: map[string]schema{}}
	use := name
	for _, a := range args {
		use += " " + strings.ToUpper(a)
	}
	c := &cobra.Command{
		Use: use, Short: op.Summary, Long: strings.TrimSpace(op.Summary + "\n\n" + op.Description), Args: cobra.ExactArgs(len(args)),
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd, args) },
	}
	members := d.body(op)
	for _, member := range slices.Sorted(maps.Keys(members)) {
		r.body[d.add(c, member, members[member], o)] = members[member]
	}
	if members != nil {
		c.Flags().StringVarP(&r.file, "file", "f", "", "the whole body as JSON or YAML, or - for standard input; flags go on top")
		if op.method == http.MethodPatch {
			c.Flags().StringSliceVar(&r.clear, "clear", nil, "members to clear")
		}
	}
	for _, p := range d.parameters(op) {
		p.Schema.Description = p.Description
		r.params[d.add(c, p.Name, p.Schema, o)] = p
	}
	if op.method == http.MethodGet && c.Flags().Lookup("after") != nil {
		c.Flags().BoolVar(&r.all, "all", false, "all there are, page by page")
	}
	if op.method == http.MethodDelete {
		c.Flags().BoolVar(&r.yes, "yes", false, "yes, delete it")
	}
	r.show = o.Output(c)
	return c
}

// taken are flags of every command.
var taken = []string{"file", "output", "json", "yes", "all", "clear", "help", "server", "profile", "api-key-file"}

// add adds a flag for a value of a request, and returns its name.
func (d *document) add(c *cobra.Command, name string, s schema, o Options) string {
	flag := add(c.Flags(), name, s)
	if words := d.closed(s); words != nil && c.Flags().Lookup(flag).Value.Type() != "bool" {
		o.Close(c, flag, words)
	}
	return flag
}

func add(flags *pflag.FlagSet, name string, s schema) string {
	flag := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if flags.Lookup(flag) != nil || slices.Contains(taken, flag) {
		flag = "with-" + flag
	}
	says := s.Description
	switch {
	case slices.Contains(s.Type, "boolean"):
		flags.Bool(flag, false, says)
	case slices.Contains(s.Type, "integer"):
		flags.Int64(flag, 0, says)
	case slices.Contains(s.Type, "array") && s.Items != nil && (s.Items.Ref != "" || !slices.Contains(s.Items.Type, "object")):
		flags.StringSlice(flag, nil, says)
	case slices.Contains(s.Type, "object"), slices.Contains(s.Type, "array"):
		flags.String(flag, "", strings.TrimSpace(says+" As JSON."))
	default:
		flags.String(flag, "", says)
	}
	return flag
}

// value is what a flag holds, as JSON has it.
func value(flags *pflag.FlagSet, flag string, s schema) (any, error) {
	f := flags.Lookup(flag)
	switch f.Value.Type() {
	case "bool":
		return flags.GetBool(flag)
	case "int64":
		return flags.GetInt64(flag)
	case "stringSlice":
		return flags.GetStringSlice(flag)
	}
	text := f.Value.String()
	if !slices.Contains(s.Type, "object") && !slices.Contains(s.Type, "array") {
		return text, nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fmt.Errorf("--%s must be JSON: %w", flag, err)
	}
	return v, nil
}

var errUnsure = errors.New("this cannot be taken back everywhere: say --yes")

func (r *running) run(cmd *cobra.Command, args []string) error {
	if r.op.method == http.MethodDelete && !r.yes {
		return r.Usage(errUnsure)
	}
	path, header, err := r.target(cmd.Flags(), args)
	if err != nil {
		return r.Usage(err)
	}
	body, err := r.document(cmd.Flags())
	if err != nil {
		return r.Usage(err)
	}
	answer, err := r.send(cmd, path, header, body)
	if err != nil {
		return err
	}
	for list := answer; r.all; {
		page, _ := list.(map[string]any)
		next, _ := page["next_cursor"].(string)
		if next == "" || page["has_more"] != true {
			break
		}
		if list, err = r.send(cmd, with(path, "after", next), header, nil); err != nil {
			return err
		}
		join(answer, list)
	}
	return r.show(cmd.OutOrStdout(), answer, func(w io.Writer) { table(w, answer) })
}

// join puts the things of another page below those of the first.
func join(first, next any) {
	a, b := first.(map[string]any), next.(map[string]any)
	all, _ := a["data"].([]any)
	more, _ := b["data"].([]any)
	a["data"], a["has_more"], a["next_cursor"] = append(all, more...), b["has_more"], b["next_cursor"]
}

// target is the path with its ids and query, and the headers.
func (r *running) target(flags *pflag.FlagSet, args []string) (string, http.Header, error) {
	var parts []string
	for part := range strings.SplitSeq(r.op.path, "/") {
		if strings.HasPrefix(part, "{") {
			if args[0] == "" || args[0] == "." || args[0] == ".." {
				return "", nil, fmt.Errorf("%q is no id", args[0])
			}
			part, args = url.PathEscape(args[0]), args[1:]
		}
		parts = append(parts, part)
	}
	query, header := url.Values{}, http.Header{}
	for flag, p := range r.params {
		if !flags.Changed(flag) {
			continue
		}
		text := flags.Lookup(flag).Value.String()
		if p.In == "header" {
			header.Set(p.Name, text)
		} else {
			query.Set(p.Name, text)
		}
	}
	path := strings.Join(parts, "/")
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, header, nil
}

func with(path, name, value string) string {
	at, raw, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		query = url.Values{}
	}
	query.Set(name, value)
	return at + "?" + query.Encode()
}

// document is the body: the file, and what flags say on top of it. nil: there is none.
func (r *running) document(flags *pflag.FlagSet) ([]byte, error) {
	if r.op.RequestBody == nil {
		return nil, nil
	}
	said, err := r.read()
	if err != nil {
		return nil, err
	}
	for flag, s := range r.body {
		if !flags.Changed(flag) {
			continue
		}
		v, err := value(flags, flag, s)
		if err != nil {
			return nil, err
		}
		said[member(flag)] = v
	}
	for _, name := range r.clear {
		said[member(name)] = nil
	}
	if len(said) == 0 && r.op.method == http.MethodPost && len(r.body) == 0 {
		return nil, nil
	}
	return json.Marshal(said)
}

// read is what the file says.
func (r *running) read() (map[string]any, error) {
	if r.file == "" {
		return map[string]any{}, nil
	}
	text, err := r.File(r.file)
	if err != nil {
		return nil, err
	}
	var whole any
	if err := yaml.Unmarshal(text, &whole); err != nil { // JSON is YAML
		return nil, r.NotYAML(r.file, err)
	}
	said, ok := whole.(map[string]any)
	switch {
	case whole == nil:
		return map[string]any{}, nil
	case !ok:
		return nil, fmt.Errorf("%s must be an object: names and what they are", r.file)
	}
	return said, nil
}

// member is the name of a member whose flag that is.
func member(flag string) string {
	return strings.ReplaceAll(strings.TrimPrefix(flag, "with-"), "-", "_")
}

// send returns what was answered, nil for nothing.
func (r *running) send(cmd *cobra.Command, path string, header http.Header, body []byte) (any, error) {
	res, err := r.Send(cmd.Context(), r.op.method, path, header, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil || len(text) == 0 {
		return nil, err
	}
	if !strings.Contains(res.Header.Get("Content-Type"), "json") {
		return string(text), nil
	}
	var answer any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&answer); err != nil {
		return nil, fmt.Errorf("read answer %s: %w", strconv.Itoa(res.StatusCode), err)
	}
	return answer, nil
}
