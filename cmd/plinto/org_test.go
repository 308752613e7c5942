package main

import (
	"strings"
	"testing"
)

func TestOrg_isMadeShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("org", "create", "corp", "--name", "Corp", "--external-id", "crm-1", "--public-metadata", `{"plan":"pro"}`)
	x.refused(exitFailed, "has that slug", "org", "create", "corp")
	x.refused(exitFailed, "Metadata", "org", "update", "corp", "--private-metadata", `[1]`)
	x.refused(exitFailed, "only ask for more", "org", "update", "corp", "--mfa", "off")
	x.ok("org", "update", "corp", "--mfa", "required", "--session-ttl", "1h", "--slug", "corp-2")
	x.ok("org", "suspend", "corp-2")
	var got orgRow
	x.into(&got, "org", "get", "corp-2")
	if got.Name != "Corp" || got.ExternalID != "crm-1" || got.State != "suspended" || got.Policy.MFA != "required" || got.Members == nil || *got.Members != 0 || !strings.Contains(string(got.PublicMetadata), "pro") {
		t.Errorf("got %+v", got)
	}
	x.ok("org", "resume", got.ID)
	x.ok("org", "create", "other")
	var rows []orgRow
	x.into(&rows, "org", "list", "--prefix", "CO")
	if len(rows) != 1 || rows[0].State != "active" || rows[0].ID != got.ID {
		t.Errorf("got %+v", rows)
	}
	x.refused(exitUsage, "--yes", "org", "delete", "corp-2")
	x.ok("org", "delete", "corp-2", "--yes")
	x.refused(exitFailed, `no organization "corp-2"`, "org", "get", "corp-2")
}

func TestOrg_hasMembersInvitationsAndDomains(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("org", "create", "corp")
	x.ok("user", "create", "alice@example.com")
	x.ok("org", "members", "set", "corp", "alice@example.com", "--roles", "owner,member")
	x.refused(exitFailed, "no such role", "org", "members", "set", "corp", "alice@example.com", "--roles", "owner,nobody")
	x.refused(exitFailed, "no such role", "org", "invite", "corp", "dora@example.com", "--roles", "nobody")
	var members []memberRow
	x.into(&members, "org", "members", "list", "corp")
	if len(members) != 1 || members[0].Name != "alice@example.com" || len(members[0].Roles) != 2 {
		t.Errorf("members %+v", members)
	}
	x.refused(exitFailed, "member already", "org", "invite", "corp", "alice@example.com")
	x.ok("org", "members", "remove", "corp", "alice@example.com")

	x.ok("org", "invite", "corp", "Bob@example.com", "--roles", "member", "--inviter", "alice@example.com")
	x.refused(exitFailed, "invited already", "org", "invite", "corp", "bob@example.com")
	x.refused(exitFailed, "no such client", "org", "invite", "corp", "carol@example.com", "--client", "nobody")
	var invited []invitationRow
	x.into(&invited, "org", "invitations", "list", "corp")
	if len(invited) != 1 || invited[0].State != "open" || invited[0].Email != "Bob@example.com" || invited[0].Inviter == "" {
		t.Fatalf("invitations %+v", invited)
	}
	x.ok("org", "invitations", "resend", "corp", invited[0].ID)
	x.ok("org", "invitations", "revoke", "corp", invited[0].ID)
	x.refused(exitFailed, "accepted or revoked", "org", "invitations", "resend", "corp", invited[0].ID)
	x.refused(exitFailed, "no such invitation", "org", "invitations", "revoke", "corp", "inv_x")

	x.ok("org", "domains", "add", "corp", "Bücher.example")
	x.refused(exitFailed, "has that domain already", "org", "domains", "add", "corp", "bücher.example")
	x.refused(exitFailed, "nobody's own", "org", "domains", "add", "corp", "co.uk")
	var domains []domainRow
	x.into(&domains, "org", "domains", "list", "corp")
	if len(domains) != 1 || domains[0].State != "pending" || domains[0].Record != "_plinto-challenge.xn--bcher-kva.example" || domains[0].Value == "" {
		t.Errorf("domains %+v", domains)
	}
	x.ok("org", "domains", "remove", "corp", "bücher.example")
	x.refused(exitFailed, "no such domain", "org", "domains", "verify", "corp", "bücher.example")
}
