package mail

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"plinto/internal/secret"
)

// unsteady is a mail server that leaves or refuses at one of its answers, and otherwise
// takes everything.
type unsteady struct {
	at    string // the verb, "." for the end of a letter
	says  string // instead of its answer; "": it is gone
	taken chan string
}

func (u *unsteady) listen(t *testing.T) *SMTP {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go u.serve(conn)
		}
	}()
	sender, err := ParseURL(secret.NewString("smtp://"+listener.Addr().String()), from)
	must(t, err)
	return sender
}

// answer says what the server says to a verb, and whether it stays.
func (u *unsteady) answer(conn net.Conn, verb, says string) bool {
	if verb == u.at {
		says = u.says
	}
	if says != "" {
		_, _ = io.WriteString(conn, says+"\r\n")
	}
	return says != ""
}

func (u *unsteady) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	letter := false
	for stays := u.answer(conn, "connect", "220 test"); stays; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0])
		switch {
		case letter && line == ".":
			letter = false
			if u.at != "." {
				u.taken <- "letter"
			}
			stays = u.answer(conn, ".", "250 taken")
		case letter && u.at == "in the letter":
			return
		case letter:
		case verb == "DATA":
			stays = u.answer(conn, verb, "354 go on")
			letter = stays && u.at != verb
		default:
			stays = u.answer(conn, verb, "250 fine")
		}
	}
}

// F-13: whatever a mail server does, a letter that it did not take is tried again, and one
// that it took is not.
func TestSMTP_triesAgainWhatWasNotTakenAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"connect", "EHLO", "MAIL", "RCPT", "DATA", "in the letter", "."} {
		for _, says := range []string{"", "451 try later", "554 no"} {
			if at == "EHLO" && says != "" {
				continue // asked for HELO then, and the server takes that
			}
			u := &unsteady{at: at, says: says, taken: make(chan string, 9)}
			err := u.listen(t).Send(t.Context(), message())
			if err == nil || errors.Is(err, ErrAddress) || len(u.taken) != 0 {
				t.Errorf("%q at %s: got %v after %d letters, want an error that is tried again", says, at, err, len(u.taken))
			}
		}
	}
	for _, at := range []string{"QUIT", "nowhere"} {
		u := &unsteady{at: at, taken: make(chan string, 9)}
		if err := u.listen(t).Send(t.Context(), message()); err != nil || len(u.taken) != 1 {
			t.Errorf("gone at %s: got %v after %d letters, want none tried again", at, err, len(u.taken))
		}
	}
}
