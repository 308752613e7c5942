package webhook

import "plinto/tenant"

// Waiting returns how many deliveries of a tenant wait for the write before them.
func (s *Subscriber) Waiting(id tenant.ID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.waiting[id]
	if b == nil {
		return 0
	}
	return len(b.all)
}
