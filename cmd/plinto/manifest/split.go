package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A list with more users or members, or with more bytes, is read some at a time. A shorter one is read with the rest of the file.
const (
	longerThan = 5000
	largerThan = 4 << 20
)

// A cut is the file without its long lists, and where these are. Lists are found by how they are indented, as plinto
// export and people write them; those of another form, such as [...], are read with the rest.
type cut struct {
	text  []byte
	lists []*longList
	lines []shift
}

// A shift says how many lines of the file are missing before a line of the text.
type shift struct{ from, missing int }

// line is the line of the file that a line of the text is.
func (c *cut) line(n int) int {
	missing := 0
	for _, s := range c.lines {
		if n >= s.from {
			missing = s.missing
		}
	}
	return n + missing
}

// errLarge reports what is left of a file without its long lists.
var errLarge = errors.New("is larger than 16 MiB without its long lists of users and members")

// A cutter reads a file line by line. The numbers are columns from 0, -1 while they are not known.
type cutter struct {
	from   io.ReaderAt
	lines  *bufio.Reader
	out    cut
	offset int64 // of the next line
	number int   // of the next line, from 1
	wrote  int   // lines of the text

	inTenants, inOrganizations bool
	tenant, tenantKey          int // where tenants begin, and their keys
	organization, key          int // where organizations of the tenant begin, and their keys
}

// cutLists takes the long lists out of a file of that size.
func cutLists(from io.ReaderAt, size int64) (*cut, error) {
	c := &cutter{from: from, lines: bufio.NewReaderSize(io.NewSectionReader(from, 0, size), 1<<16), number: 1, tenant: -1, organization: -1}
	for {
		line, err := c.next()
		if errors.Is(err, io.EOF) {
			return &c.out, nil
		}
		if err != nil {
			return nil, err
		}
		if err := c.line(line); err != nil {
			return nil, err
		}
	}
}

// next returns a line without its end, which is LF or CR LF. It returns io.EOF behind the last one.
func (c *cutter) next() ([]byte, error) {
	line, err := c.lines.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line)
		var more []byte
		more, err = c.lines.ReadSlice('\n')
		if line = append(line, more...); len(line) > maxBytes {
			return nil, errLarge
		}
	}
	if len(line) == 0 {
		return nil, err // also of reading
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
		return nil, fmt.Errorf("line %d is not UTF-8: save the file as UTF-8", c.number)
	}
	c.offset += int64(len(line))
	if c.number++; c.number == 2 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
}

// write adds a line to the text.
func (c *cutter) write(line []byte) error {
	if len(c.out.text)+len(line) >= maxBytes {
		return errLarge
	}
	c.out.text = append(append(c.out.text, line...), '\n')
	c.wrote++
	return nil
}

// line looks at a line outside of long lists, and takes the list that it begins.
func (c *cutter) line(line []byte) error {
	if err := c.write(line); err != nil {
		return err
	}
	at, rest := indentOf(line)
	if rest == "" {
		return nil
	}
	dash := isItem(rest)
	if at == 0 && !dash {
		c.inTenants, c.tenant = rest == "tenants:", -1
		return nil
	}
	if !c.inTenants {
		return nil
	}
	if dash && !c.inOrganizations || dash && at == c.tenant {
		if c.tenant < 0 || at == c.tenant {
			c.tenant, c.inOrganizations = at, false
			at, rest = afterDash(at, rest)
			c.tenantKey = at
		}
	}
	if at == c.tenantKey && !isItem(rest) {
		c.inOrganizations, c.organization = rest == "organizations:", -1
		if rest == "users:" {
			return c.list(at)
		}
		return nil
	}
	if !c.inOrganizations {
		return nil
	}
	if isItem(rest) && (c.organization < 0 || at == c.organization) {
		c.organization = at
		at, rest = afterDash(at, rest)
		c.key = at
	}
	if at == c.key && rest == "members:" {
		return c.list(at)
	}
	return nil
}

// list takes the items of a list whose key is in column at, or puts them into the text when they are few. The
// line behind them is looked at again.
func (c *cutter) list(at int) error {
	var kept [][]byte
	list := &longList{from: c.from, start: c.offset, line: c.number, dash: -1}
	items, long := 0, false
	for {
		ahead, err := c.peekLine()
		if err != nil {
			return err
		}
		column, rest := indentOf(ahead)
		if rest != "" && list.dash < 0 && isItem(rest) && column >= at {
			list.dash = column
		}
		over := ahead == nil || rest != "" && (column < list.dash || column == list.dash && !isItem(rest) || list.dash < 0)
		if over {
			return c.took(list, items, long, kept)
		}
		line, err := c.next()
		if err != nil {
			return err
		}
		if rest != "" && column == list.dash {
			items++
		}
		if long = long || items > longerThan || c.offset-list.start > largerThan; long {
			kept = nil
		} else {
			kept = append(kept, bytes.Clone(line))
		}
	}
}

// took writes a list of few items, or a mark where a long one was.
func (c *cutter) took(list *longList, items int, long bool, kept [][]byte) error {
	if !long {
		for _, line := range kept {
			if err := c.write(line); err != nil {
				return err
			}
		}
		return nil
	}
	list.end, list.items = c.offset, items
	c.out.lists = append(c.out.lists, list)
	if err := c.write([]byte(strings.Repeat(" ", list.dash) + "- " + list.mark(len(c.out.lists)))); err != nil {
		return err
	}
	c.out.lines = append(c.out.lines, shift{c.wrote + 1, c.number - 1 - c.wrote})
	return nil
}

// peekLine returns the beginning of the next line, nil when there is none. What follows 4 KiB matters to nobody.
func (c *cutter) peekLine() ([]byte, error) {
	for n := 256; ; n *= 2 {
		ahead, err := c.lines.Peek(n)
		i := bytes.IndexByte(ahead, '\n')
		switch whole := errors.Is(err, io.EOF); {
		case i >= 0:
			return bytes.TrimSuffix(ahead[:i], []byte("\r")), nil
		case whole && len(ahead) == 0:
			return nil, nil
		case err != nil && !whole:
			return nil, err
		case whole, n >= 4096:
			return ahead, nil
		}
	}
}

// indentOf returns how far a line is indented, and the rest of it: nothing of an empty one and of a comment.
func indentOf(line []byte) (int, string) {
	rest := bytes.TrimLeft(line, " ")
	at := len(line) - len(rest)
	text := strings.TrimRight(string(rest), " \t")
	if strings.HasPrefix(text, "#") {
		text = ""
	}
	return at, text
}

func isItem(rest string) bool { return rest == "-" || strings.HasPrefix(rest, "- ") }

// afterDash returns the column and the text of what an item begins with.
func afterDash(at int, rest string) (int, string) {
	text := strings.TrimLeft(rest[1:], " ")
	return at + len(rest) - len(text), text
}
