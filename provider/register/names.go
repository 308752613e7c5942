package register

import (
	"context"
	"fmt"

	"plinto/internal/displayname"
	"plinto/provider"
	"plinto/tenant"
)

// product is what the server itself is called.
const product = "Plinto"

// names reports the names by which a client could pass for its tenant, for the product,
// or for another client that somebody vouches for. Users decide by them whom to trust. A
// name that the client has already is left alone: others may have come after it.
func (h *Handler) names(ctx context.Context, r *request, m provider.Metadata) (problems []provider.Problem, err error) {
	var before map[string]string
	if r.before != nil {
		before = r.before.Names()
	}
	taken, listed := append(tenant.Must(ctx).Names(), product), r.vouched
	for member, name := range m.Names() {
		if before[member] == name {
			continue
		}
		if !listed {
			others, err := h.Registrar.Registrations.VouchedNames(ctx)
			if err != nil {
				return nil, fmt.Errorf("list names of clients: %w", err)
			}
			taken, listed = append(taken, others...), true
		}
		if displayname.PassesFor(name, taken...) != "" {
			problems = append(problems, provider.Problem{Member: member, Message: "can be taken for the service, its operator or another application: choose another name"})
		}
	}
	return problems, nil
}
