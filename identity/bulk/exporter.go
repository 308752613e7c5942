package bulk

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"

	"plinto/event"
)

// exportPage is how many users are read at once, and in memory: 32 KB each, for as long as whoever reads them takes.
const exportPage = 100

// Export writes all users as lines of JSON that an import takes, oldest first, with the hashes of their
// passwords or without. Users who come or change meanwhile are in it or not. It is in the audit
// log before the first line is written.
func (s *Service) Export(ctx context.Context, to io.Writer, passwords bool) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.UsersExported{PasswordHashes: passwords}, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}),
		})
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(to)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for after := uuid.Nil; ; {
		if after != uuid.Nil {
			if err := s.MayExport(ctx, passwords); err != nil {
				return err
			}
		}
		page, err := s.Users.Page(ctx, after, exportPage)
		if err != nil {
			return err
		}
		for i := range page {
			hash := ""
			if passwords {
				hash = page[i].PasswordHash
			}
			if err := lines.Encode(rowOf(&page[i].User, hash)); err != nil {
				return fmt.Errorf("write user: %w", err)
			}
			after = page[i].User.ID
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write users: %w", err)
		}
		if len(page) < exportPage {
			return nil
		}
	}
}
