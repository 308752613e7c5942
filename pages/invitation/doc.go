// Package invitation has the page of invitations to organizations, to which the links of mails lead.
package invitation
