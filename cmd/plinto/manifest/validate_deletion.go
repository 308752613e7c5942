package manifest

import (
	"time"

	"plinto/tenant"
)

// deletion checks how users delete their accounts.
func (v *validator) deletion(t *Tenant) {
	d := t.Settings.Deletion
	if d.ByUsers != "" && d.ByUsers != tenant.DeletionOff && d.ByUsers != tenant.DeletionOn {
		v.problems.at(t.At.find("settings.deletion.by_users"), "must be on or off")
	}
	if grace := time.Duration(d.Grace); grace < 0 || grace > tenant.MaxDeletionGrace {
		v.problems.at(t.At.find("settings.deletion.grace"), "must be at most 2160h")
	}
}
