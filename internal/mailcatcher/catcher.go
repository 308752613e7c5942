// Package mailcatcher keeps mails instead of sending them, for development. What
// it keeps is in memory, the last 200.
package mailcatcher

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Mail is one caught mail.
type Mail struct {
	ID      string    `json:"id"`
	From    string    `json:"from,omitempty"` // "": the sender of the installation
	ReplyTo string    `json:"reply_to,omitempty"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html,omitempty"`
	At      time.Time `json:"at"`
}

// A Catcher keeps mails. The zero Catcher is empty and ready.
type Catcher struct {
	mu    sync.Mutex
	next  int
	mails []Mail
}

// most is how many mails are kept.
const most = 200

// Catch keeps a mail and numbers it.
func (c *Catcher) Catch(m Mail) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	m.ID, m.At = strconv.Itoa(c.next), time.Now().UTC()
	c.mails = append(c.mails, m)
	if len(c.mails) > most {
		c.mails = slices.Delete(c.mails, 0, len(c.mails)-most)
	}
}

// All returns the mails, newest first.
func (c *Catcher) All() []Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.mails)
	slices.Reverse(all)
	return all
}

// Find returns the mail with that id.
func (c *Catcher) Find(id string) (Mail, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return c.mails[i], true
}
