package locale

import (
	"strconv"
	"strings"
	"time"
)

// Moment returns what a text about a time can hold, as pairs for Texts.Text: day, month, year, and
// clock, in UTC. months are the names of the months, with blanks between them.
func Moment(months string, t time.Time) []string {
	t = t.UTC()
	return []string{
		"day", strconv.Itoa(t.Day()), "month", strings.Fields(months)[t.Month()-1], "year", strconv.Itoa(t.Year()), "clock", t.Format("15:04"),
	}
}
