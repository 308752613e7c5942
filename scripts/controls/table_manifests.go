package main

const (
	manifestTests = "cmd/plinto/manifest"
	whoOwns       = "internal/owner/owner.go"
)

// manifests are the controls of changes to what a manifest declares.
var manifests = []control{
	{attacks: "OWN-01", pkg: manifestTests, test: "TestApply_ownsWhatItDeclares", edits: []edit{
		{"provider/registrar.go", "if err := owner.Admit(ctx, r.Writes, before.ID); err != nil {", "if err := owner.Admit(ctx, r.Writes, before.ID); err != nil && before == nil {"},
	}},
	{attacks: "OWN-01", pkg: manifestTests, test: "TestApply_ownsWhatItDeclares", edits: []edit{
		{"provider/resource_service.go", "if err := owner.Admit(ctx, s.Servers, all[i].ID); err != nil {", "if err := owner.Admit(ctx, s.Servers, all[i].ID); err != nil && all == nil {"},
	}},
	{attacks: "OWN-01", pkg: manifestTests, test: "TestApply_ownsWhatItDeclares", edits: []edit{
		{"tenant/registry/service.go", "if err := owner.Admit(ctx, s.Writes, uuid.UUID(after.ID)); err != nil {", "if err := owner.Admit(ctx, s.Writes, uuid.UUID(after.ID)); err != nil && before == nil {"},
	}},
	{attacks: "OWN-02", pkg: manifestTests, test: "TestApply_leavesWhatOthersOwn", edits: []edit{
		{whoOwns, "(!a.declares || has != a.manifest)", "!a.declares"},
	}},
	{attacks: "OWN-04", pkg: manifestTests, test: "TestPrune_leavesWhatPlintoMadeForItself_OWN_04", edits: []edit{
		{"cmd/plinto/manifest/plan_client.go", "if provider.MadeByPlinto(c.ClientID) ||", "if provider.OfDevelopment(c.ClientID) ||"},
	}},
	{attacks: "OWN-03", pkg: "admin", test: "TestManifests_areOverriddenByPermissionOnly", edits: []edit{
		{"admin/server.go", "if forced && !slices.Contains(c.Rights, organization.ManifestsOverride) {", "if forced && c == nil {"},
	}},
}
