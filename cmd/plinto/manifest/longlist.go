package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
)

const (
	atOnce       = 200 // items that are read, compared and written together
	manyProblems = 100 // that one list shows: more would be the same ones
)

// A longList is a list of the file that is read again, some items at a time, by whoever looks at it.
type longList struct {
	from       io.ReaderAt
	start, end int64 // of the lines of its items
	line       int   // of the first
	dash       int   // the column where items begin
	items      int
	path       string
}

// mark stands in the text for the n-th list, which is nothing that anybody declares.
func (*longList) mark(n int) string { return fmt.Sprintf("plinto-long-list-%d", n) }

// takeMarks finds the marks in the text that was read, and has its lists be empty there. It reports whether all were found: one
// may be within a text, where no list was.
func (c *cut) takeMarks(root *node) bool {
	found := 0
	take := func(n *node) {
		if n == nil || n.shape != shapeList || len(n.items) != 1 {
			return
		}
		for i, l := range c.lists {
			if n.items[0].scalar == l.mark(i+1) && l.path == "" {
				found++
				l.path, n.items = n.path, nil
				return
			}
		}
	}
	if tenants := root.field("tenants"); tenants != nil {
		for _, t := range tenants.items {
			take(t.field("users"))
			if organizations := t.field("organizations"); organizations != nil {
				for _, o := range organizations.items {
					take(o.field("members"))
				}
			}
		}
	}
	return found == len(c.lists)
}

// at returns the list that was at a place, or nil.
func (c *cut) at(path string) *longList {
	for _, l := range c.lists {
		if l.path == path {
			return l
		}
	}
	return nil
}

// each hands the items over, atOnce at a time, and stops when there are manyProblems.
func (l *longList) each(problems *log, do func(items []*node) error) error {
	lines := bufio.NewReaderSize(io.NewSectionReader(l.from, l.start, l.end-l.start), 1<<16)
	var text bytes.Buffer
	number, first, read, count := l.line, l.line, 0, 0
	flush := func() error {
		items, err := l.parse(text.Bytes(), first, read, problems)
		if err == nil && len(items) > 0 {
			err = do(items)
		}
		read += len(items)
		text.Reset()
		first, count = number, 0
		return err
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if at, rest := indentOf([]byte(strings.TrimRight(line, "\r\n"))); at == l.dash && isItem(rest) {
			if count++; count > atOnce {
				if err := flush(); err != nil || len(problems.list) >= manyProblems {
					return err
				}
				count = 1
			}
		}
		text.WriteString(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
		text.WriteByte('\n')
		number++
		if err != nil {
			return flush()
		}
	}
}

// parse reads items, the first of which is in a line of the file and has a number in the list.
func (l *longList) parse(text []byte, line, number int, problems *log) ([]*node, error) {
	var found log
	root := parse(text, &found)
	for _, p := range found.list {
		p.Line, p.Path = p.Line+line-1, l.path+p.Path
		problems.list = append(problems.list, p)
	}
	if root == nil {
		return nil, nil
	}
	if root.shape != shapeList {
		return nil, fmt.Errorf("%s: the items from line %d are no list", l.path, line)
	}
	for i, item := range root.items {
		item.move(line-1, len(index(i)), l.path+index(number+i))
	}
	return root.items, nil
}

// move gives a node the place in the file that it has: lines further down, and another beginning of its path.
func (n *node) move(lines, cut int, prefix string) {
	if n.line > 0 {
		n.line += lines
	}
	n.path = prefix + n.path[min(cut, len(n.path)):]
	for _, item := range n.items {
		item.move(lines, cut, prefix)
	}
	for i := range n.fields {
		n.fields[i].line += lines
		n.fields[i].value.move(lines, cut, prefix)
	}
}

// renumber gives the nodes of a text the lines that they have in the file.
func (n *node) renumber(line func(int) int) {
	n.line = line(n.line)
	for _, item := range n.items {
		item.renumber(line)
	}
	for i := range n.fields {
		n.fields[i].line = line(n.fields[i].line)
		n.fields[i].value.renumber(line)
	}
}

// eachUsers hands over the declared users: all at once, or those of a long list some at a time.
func (t *Tenant) eachUsers(problems *log, do func([]User) error) error {
	if t.long == nil {
		return do(t.Users)
	}
	return eachOf(t.long, problems, do)
}

// eachMembers is eachUsers of the members of an organization.
func (o *Organization) eachMembers(problems *log, do func([]Member) error) error {
	if o.long == nil {
		return do(o.Members)
	}
	return eachOf(o.long, problems, do)
}

// eachOf hands over the items of a long list as what is declared by them.
func eachOf[T any](l *longList, problems *log, do func([]T) error) error {
	return l.each(problems, func(items []*node) error {
		all := make([]T, len(items))
		for i := range items {
			(&decoder{problems}).into(items[i], &all[i])
		}
		return do(all)
	})
}

// A names is a set of very many names. It holds a hash of each, so of 300,000 it mistakes one for another once in 10⁸ runs.
type names struct {
	seed maphash.Seed
	has  map[uint64]struct{}
}

func newNames() *names { return &names{maphash.MakeSeed(), map[uint64]struct{}{}} }

// add reports whether a name is new. "" always is.
func (s *names) add(name string) bool {
	if name == "" {
		return true
	}
	sum := maphash.String(s.seed, name)
	_, there := s.has[sum]
	s.has[sum] = struct{}{}
	return !there
}

func (s *names) contains(name string) bool {
	_, there := s.has[maphash.String(s.seed, name)]
	return name != "" && there
}
