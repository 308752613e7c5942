package organization_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

func TestOrganization_keepsItsFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(w.ctx, organization.Organization{
		Slug: "acme", Name: "Acme", ExternalID: "crm-1", PublicMetadata: json.RawMessage(`{"plan":"pro","n":12345678901234567890}`),
		Policy: organization.Policy{MFA: tenant.MFARequired},
	})
	must(t, err)
	got, err := w.ByExternalID(w.ctx, "crm-1")
	if err != nil || got.ID != made.ID || got.Policy.MFA != tenant.MFARequired || !strings.Contains(string(got.PublicMetadata), "12345678901234567890") || string(got.PrivateMetadata) != "{}" {
		t.Fatalf("%+v, %v", got, err)
	}
	edit := func(o *organization.Organization) { // the same document, written otherwise
		o.PublicMetadata, o.PrivateMetadata = json.RawMessage(`{ "n":12345678901234567890, "plan":"pro" }`), nil
	}
	if _, err := w.UpdateByID(w.ctx, made.ID, edit); err != nil || w.events(event.OrganizationUpdated{}) != 0 {
		t.Errorf("nothing changed, and %d events, %v", w.events(event.OrganizationUpdated{}), err)
	}
	_, err = w.UpdateByID(w.ctx, made.ID, func(o *organization.Organization) {
		o.Slug, o.ExternalID, o.PrivateMetadata = "acme-2", "", json.RawMessage(`{"note":"x"}`)
	})
	must(t, err)
	got, err = w.BySlug(w.ctx, "acme-2")
	if err != nil || got.ID != made.ID || got.ExternalID != "" || string(got.PrivateMetadata) != `{"note": "x"}` {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.ByExternalID(w.ctx, ""); !errors.Is(err, organization.ErrNotFound) {
		t.Errorf("no external id is an external id: %v", err)
	}
}

func TestOrganization_refusesWhatIsTakenOrNoValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.organization()
	_, err := w.Create(w.ctx, organization.Organization{Slug: "taken", Name: "T", ExternalID: "x"})
	must(t, err)
	for what, c := range map[string]struct {
		edit func(*organization.Organization)
		want error
	}{
		"slug taken":        {func(o *organization.Organization) { o.Slug = "taken" }, organization.ErrSlugTaken},
		"external id taken": {func(o *organization.Organization) { o.ExternalID = "x" }, organization.ErrExternalTaken},
		"slug":              {func(o *organization.Organization) { o.Slug = "A b" }, tenant.ErrSlug},
		"no name":           {func(o *organization.Organization) { o.Name = "" }, organization.ErrName},
		"odd name":          {func(o *organization.Organization) { o.Name = "a\u202eb" }, organization.ErrName},
		"long name":         {func(o *organization.Organization) { o.Name = strings.Repeat("n", 201) }, organization.ErrName},
		"external id":       {func(o *organization.Organization) { o.ExternalID = "a\x00b" }, organization.ErrBadExternal},
		"a list":            {func(o *organization.Organization) { o.PublicMetadata = json.RawMessage(`[1]`) }, organization.ErrMetadata},
		"a member twice":    {func(o *organization.Organization) { o.PublicMetadata = json.RawMessage(`{"a":1,"a":2}`) }, organization.ErrMetadata},
		"NUL":               {func(o *organization.Organization) { o.PrivateMetadata = json.RawMessage(`{"a":"\u0000"}`) }, organization.ErrMetadata},
		"large": {func(o *organization.Organization) {
			o.PrivateMetadata = json.RawMessage(`{"a":"` + strings.Repeat("x", organization.MaxMetadata) + `"}`)
		}, organization.ErrMetadata},
		"policy": {func(o *organization.Organization) { o.Policy.MFA = "off" }, organization.ErrPolicy},
	} {
		if _, err := w.UpdateByID(w.ctx, o.ID, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	if _, err := w.Create(w.ctx, organization.Organization{Slug: "new", Name: "N", ExternalID: "x"}); !errors.Is(err, organization.ErrExternalTaken) {
		t.Errorf("created with a taken external id: %v", err)
	}
	b := storagetest.Tenant(t, w.store, "b")
	if _, err := w.Create(b, organization.Organization{Slug: "new", Name: "N", ExternalID: "x"}); err != nil {
		t.Errorf("in another tenant it is free: %v", err)
	}
}

func TestOrganization_isSuspendedAndResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.organization()
	for _, c := range []struct {
		do        func() error
		suspended bool
	}{
		{func() error { return w.Suspend(w.ctx, o.ID) }, true},
		{func() error { return w.Suspend(w.ctx, o.ID) }, true},
		{func() error { return w.Unsuspend(w.ctx, o.ID) }, false},
		{func() error { return w.Unsuspend(w.ctx, o.ID) }, false},
	} {
		must(t, c.do())
		if got, err := w.ByID(w.ctx, o.ID); err != nil || got.Suspended() != c.suspended {
			t.Errorf("suspended %v, want %v; %v", got.Suspended(), c.suspended, err)
		}
	}
	if a, b := w.events(event.OrganizationSuspended{}), w.events(event.OrganizationUnsuspended{}); a != 1 || b != 1 {
		t.Errorf("%d and %d events, want one of each", a, b)
	}
	b := storagetest.Tenant(t, w.store, "b")
	for what, err := range map[string]error{
		"nobody's": w.Suspend(w.ctx, uuid.New()), "another tenant's": w.Suspend(b, o.ID),
	} {
		if !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOrganizations_areFoundByPrefixInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for slug, name := range map[string]string{"acme": "Zeta", "x1": "Acme Two", "x2": "acme three", "other": "Not acme"} {
		_, err := w.Create(w.ctx, organization.Organization{Slug: slug, Name: name})
		must(t, err)
	}
	for prefix, want := range map[string]int{"": 4, "AC": 3, "acme t": 2, "%": 0, "_": 0, "zeta": 1} {
		var ids []uuid.UUID
		for after := uuid.Nil; ; {
			page, err := w.Page(w.ctx, prefix, keyset.Rows(after, 1))
			must(t, err)
			if len(page) == 0 {
				break
			}
			after = page[0].ID
			ids = append(ids, after)
		}
		if len(slices.Compact(ids)) != want {
			t.Errorf("%q: %d, want %d", prefix, len(ids), want)
		}
	}
}

func TestOrganization_membersAreListedInPagesAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.organization()
	for range 5 {
		must(t, w.SetMember(w.ctx, o.ID, organization.Member{UserID: w.user().ID, Roles: []string{"member"}}))
	}
	var ids []uuid.UUID
	for after := uuid.Nil; ; {
		page, err := w.Members(w.ctx, o.ID, keyset.Rows(after, 2))
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			ids = append(ids, m.UserID)
		}
		after = page[len(page)-1].UserID
	}
	if n, err := w.CountMembers(w.ctx, o.ID); err != nil || n != 5 || len(slices.Compact(ids)) != 5 {
		t.Errorf("counted %d, listed %d, %v", n, len(ids), err)
	}
	if m, err := w.Member(w.ctx, o.ID, ids[0]); err != nil || !slices.Equal(m.Roles, []string{"member"}) || m.Since.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := w.Member(w.ctx, o.ID, uuid.New()); !errors.Is(err, organization.ErrNoMember) {
		t.Errorf("nobody: %v", err)
	}
}
