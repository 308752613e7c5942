package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// longList writes a list of n items, each indented, with every form of what may stand between and in them.
func longUsers(n, indent int) string {
	var b strings.Builder
	pad := strings.Repeat(" ", indent)
	for i := range n {
		if i%1000 == 0 {
			b.WriteString("# a comment\n\n")
		}
		fmt.Fprintf(&b, "%s- email: user%d@example.com\n%s  name: \"- User %d\"\n", pad, i, pad, i)
	}
	return b.String()
}

// Long lists are found whatever their indent, and what is read of them has its place in the file.
func TestCut_takesLongListsOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doc   string
		lists []string // their paths
	}{
		"a long list":        {"tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "    name: A\n", []string{"tenants[0].users"}},
		"not indented":       {"tenants:\n- slug: a\n  users:\n" + longUsers(longerThan+1, 2) + "  name: A\n", []string{"tenants[0].users"}},
		"at the dash":        {"tenants:\n  - users:\n" + longUsers(longerThan+1, 4) + "    slug: a\n    name: A\n", []string{"tenants[0].users"}},
		"a short list":       {"tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan, 6) + "    name: A\n", nil},
		"of another tenant":  {"tenants:\n  - slug: b\n    users:\n      - email: a@example.com\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "    name: A\n", []string{"tenants[1].users"}},
		"of members":         {"tenants:\n  - slug: a\n    organizations:\n      - slug: o\n      - slug: p\n        members:\n" + longUsers(longerThan+1, 10) + "    name: A\n", []string{"tenants[0].organizations[1].members"}},
		"of both":            {"tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "    organizations:\n    - slug: o\n      members:\n" + longUsers(longerThan+2, 8) + "    name: A\n", []string{"tenants[0].users", "tenants[0].organizations[0].members"}},
		"of another name":    {"tenants:\n  - slug: a\n    settings:\n      users:\n" + longUsers(longerThan+1, 8) + "    name: A\n", nil},
		"with Windows lines": {strings.ReplaceAll("\ufefftenants:\n  - slug: a\n    users:\n"+longUsers(longerThan+1, 6)+"    name: A\n", "\n", "\r\n"), []string{"tenants[0].users"}},
		"at the end":         {"tenants:\n  - slug: a\n    name: A\n    users:\n" + strings.TrimSuffix(longUsers(longerThan+1, 6), "\n"), []string{"tenants[0].users"}},
	} {
		out, err := cutLists(bytes.NewReader([]byte(c.doc)), int64(len(c.doc)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var problems log
		root := parse(out.text, &problems)
		if len(problems.list) > 0 || !out.takeMarks(root) {
			t.Errorf("%s: %v\n%s", name, problems.list, out.text)
			continue
		}
		if len(out.lists) != len(c.lists) {
			t.Errorf("%s: %d lists, want %d", name, len(out.lists), len(c.lists))
			continue
		}
		root.renumber(out.line)
		file := strings.Split(c.doc, "\n")
		for i, l := range out.lists {
			if l.path != c.lists[i] {
				t.Errorf("%s: the list of %s, want %s", name, l.path, c.lists[i])
			}
			items := 0
			err := l.each(&problems, func(some []*node) error {
				for _, item := range some {
					email := item.field("email")
					if want := fmt.Sprintf("user%d@example.com", items); email == nil || email.scalar != want {
						return fmt.Errorf("item %d is %+v", items, item)
					}
					if want := fmt.Sprintf("%s[%d].email", l.path, items); email.path != want || !strings.Contains(file[email.line-1], fmt.Sprint(email.scalar)) {
						return fmt.Errorf("%q is at %s, want %s, in line %d: %s", email.scalar, email.path, want, email.line, file[email.line-1])
					}
					items++
				}
				return nil
			})
			if err != nil || len(problems.list) > 0 || items != l.items {
				t.Errorf("%s: %v, %v, %d items of %d", name, err, problems.list, items, l.items)
			}
		}
		for _, tenant := range root.field("tenants").items {
			if at := tenant.field("name"); at != nil && !strings.Contains(file[at.line-1], "name: A") {
				t.Errorf("%s: the name of the tenant is in line %d: %s", name, at.line, file[at.line-1])
			}
		}
	}
}

// What looks like a long list within a text is refused, and not left out.
func TestRead_refusesListsWithinTexts(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"a list in a text":    "tenants:\n  - slug: a\n    name: \"A\n    users:\n" + longUsers(longerThan+1, 6) + "    \"\n",
		"two lists of a name": "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "    users:\n" + longUsers(longerThan+1, 6),
		"a broken item":       "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "      - email: \"open\n",
		"an item of no form":  "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "      - just a text\n",
		"declared twice":      "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "      - email: User1@example.com\n",
		"a user without name": "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "      - name: Nobody\n",
		"not UTF-8":           "tenants:\n  - slug: a\n    users:\n" + longUsers(longerThan+1, 6) + "      - email: \xff@example.com\n",
	} {
		if m, _, err := Parse("m.yaml", []byte(doc)); err == nil {
			t.Errorf("%s: read as %d users", name, m.Tenants[0].long.items)
		}
	}
}
