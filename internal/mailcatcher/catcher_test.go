package mailcatcher

import (
	"strconv"
	"testing"
)

func TestCatcher_keepsTheLastMailsNewestFirst(t *testing.T) {
	t.Parallel()
	var c Catcher
	for i := range most + 5 {
		c.Catch(Mail{Subject: strconv.Itoa(i)})
	}
	all := c.All()
	if len(all) != most || all[0].Subject != strconv.Itoa(most+4) {
		t.Fatalf("%d mails, newest %q", len(all), all[0].Subject)
	}
	if m, ok := c.Find(all[3].ID); !ok || m.Subject != all[3].Subject {
		t.Errorf("Find = %+v, %v", m, ok)
	}
	if _, ok := c.Find("1"); ok {
		t.Error("the oldest mail is still there")
	}
}
