package main

const (
	fairFile  = "internal/fair/queue.go"
	ownerFile = "internal/egress/owner.go"
	slotsFile = "internal/password/slots.go"
)

// fairness are the controls of what one owner must not use up for all.
var fairness = []control{
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_aFloodLengthensOnlyItsOwnersQueue", edits: []edit{
		{fairFile, "n.turns = append(slices.Delete(n.turns, i, i+1), child)", "_ = i"},
	}},
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_sharesATurnAmongTheOwnersBelow", edits: []edit{
		{fairFile, "if at > 0 && n.turns[at-1] == n.last {", "if false {"},
	}},
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_newOwnersStarveNobody", edits: []edit{
		{fairFile, "if at > 0 && n.turns[at-1] == n.last {\n\t\tat--\n\t}", "at = 0"},
	}},
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_keepsAnOwnerToItsPlaces", edits: []edit{
		{fairFile, "return n.level.Places > 0 && n.in >= n.level.Places", "return n.parent == nil && n.in >= n.level.Places"},
	}},
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_aFullQueueTakesInThoseWhoHoldLess", edits: []edit{
		{fairFile, "longest.evict()", "return false"},
	}},
	{attacks: "NET-27", pkg: "internal/password", test: "TestHasher_boundsTheQueueOfEachOwner", says: "another tenant", edits: []edit{
		{slotsFile, "s.queue.Enter(ctx, in, by.Tenant, by.Network)", "s.queue.Enter(ctx, in, \"\", by.Network)"},
	}},
	{attacks: "NET-27 PWD-10", pkg: "internal/password", test: "TestHasher_boundsTheQueueOfEachOwner", says: "a known browser", edits: []edit{
		{slotsFile, "case o.Known:", "case false:"},
	}},
	{attacks: "NET-27 PWD-13", pkg: "internal/password", test: "TestHasher_boundsANetworkAcrossTenants", edits: []edit{
		{slotsFile, "if !s.networks.join(network) {", "if !s.networks.join(network + by.Tenant) {"},
	}},
	{attacks: "NET-27", pkg: "internal/fair", test: "TestQueue_anOwnerThatYieldsGoesLastAndIsNotStarved", edits: []edit{
		{fairFile, "child.name == n.level.Yields && n.passed < turnsBeforeYielding", "child.name == n.level.Yields"},
	}},
	{attacks: "NET-27", pkg: "internal/password", test: "TestHasher_letsStrainedNetworksGoLast", edits: []edit{
		{slotsFile, ", Yields: strained.name()", ""},
	}},
	{attacks: "NET-27", pkg: "internal/password", test: "TestWorkers_haveALowerPriority", says: "a hash runs at priority", edits: []edit{
		{"internal/password/workers.go", "\tyieldToOthers()\n", ""},
	}},
	{attacks: "NET-27", pkg: "internal/password", test: "TestHasher_usesEverySlotAtOnce", edits: []edit{
		{"internal/password/workers.go", "ws.idle = append(ws.idle, w)", ""},
	}},
	{attacks: "NET-27", pkg: "storage", test: "TestLimiter_knowsWhoIsStrained", edits: []edit{
		{"storage/limiter.go", "mine[i].Limit.Burst = (mine[i].Limit.Burst + 1) / 2", "_ = i"},
	}},
	{attacks: "NET-27", pkg: "identity", test: "TestPasswordProof_ofAStrainedNetworkIsComparedLast", edits: []edit{
		{guessFile, "g.strained = p.Limiter.Strained(ctx, networks...)", ""},
	}},
	{attacks: "NET-28", pkg: "storage/internal/pg", test: "TestPool_isSharedAmongTenants", edits: []edit{
		{"storage/internal/pg/acquire.go", "fair.Level{Places: conns - conns/8}", "fair.Level{}"},
	}},
	{attacks: "SSR-11", pkg: "internal/egress", test: "TestClient_holdsUpOnlyTheOwnerOfASlowServer", says: "a third client", edits: []edit{
		{ownerFile, "fair.Level{Places: cmp.Or(p.Kind, 8)}", "fair.Level{}"},
	}},
	{attacks: "SSR-11", pkg: "internal/egress", test: "TestClient_holdsUpOnlyTheOwnerOfASlowServer", says: "makes requests", edits: []edit{
		{ownerFile, "if by.Tenant == \"\" || by.Kind == \"\" {", "if false {"},
	}},
	{attacks: "SSR-11", pkg: serverTests, test: "TestEgress_oneTenantsSlowServersHoldUpNobodyElse", edits: []edit{
		{"internal/egress/client.go", "c.client.queue.Enter(ctx, c.by.Tenant, string(c.by.Kind), c.by.Client)", "c.client.queue.Enter(ctx, \"\", \"\", c.by.Client)"},
	}},
}
