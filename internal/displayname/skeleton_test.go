package displayname

import "testing"

func TestSkeleton_isTheSameForWhatLooksTheSame(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Acme", "ACME"},
		{"Acme", "Аcmе"},
		{"Acme", "АСМЕ"},
		{"Acme", "Ａｃｍｅ"},
		{"Acme", "𝐀𝐜𝐦𝐞"},
		{"Acme", "Ácmê"},
		{"Acme", "A c-m_e!"},
		{"Acme", "Acrne"},
		{"Plinto", "PIinto"},
		{"Plinto", "P1into"},
		{"Plinto", "Ρlіntо"},
		{"Plinto", "plınto"}, //nolint:misspell // on purpose
		{"Windows", "VVindows"},
		{"Bobo", "B0b0"},
	} {
		if a, b := Skeleton(pair[0]), Skeleton(pair[1]); a != b {
			t.Errorf("%q has the skeleton %q, %q has %q", pair[0], a, pair[1], b)
		}
	}
	for _, pair := range [][2]string{{"Acme", "Acne Care"}, {"Acme", "Acmes"}, {"Plinto", "Pinto"}, {"日本", "中国"}, {"Ж", "Ш"}} {
		if a, b := Skeleton(pair[0]), Skeleton(pair[1]); a == b {
			t.Errorf("%q and %q have the skeleton %q", pair[0], pair[1], a)
		}
	}
}

func TestPassesFor_seesThroughWhatIsAdded(t *testing.T) {
	t.Parallel()
	others := []string{"Acme", "acme-corp", "Plinto", "Shop Application"}
	for name, want := range map[string]string{
		"Acme": "Acme", "acme": "Acme", "АСМЕ": "Acme", "Acme Login": "Acme", "Acme (official)": "Acme", "The ACME Support Team": "Acme", "Acme Sign-in": "Acme",
		"Plinto Account Security": "Plinto", "P l i n t o": "Plinto", "shop": "Shop Application", "Shop app": "Shop Application",
		"Security Team": "Acme", "System Administrator": "Acme", "Support": "Acme", "Аdmin": "Acme",
		"Acme™": "Acme", "Acme℠": "Acme", "Acme®": "Acme", "Acmeᵀᴹ": "Acme", "Acme (TM)": "Acme", "Acme TM": "Acme", "Acme (r)": "Acme", "Acme 🅬": "Acme",
		"ᴀᴄᴍᴇ": "Acme", "Acмe": "Acme", "ᴘʟɪɴᴛᴏ": "Plinto", "Plinто": "Plinto", "Sᴜᴘᴘᴏʀᴛ": "Acme",
		"Backup for Acme data": "", "Acme R": "", "Atmosphere": "", "Маркет": "", "Acmeology": "", "Photos": "", "My App": "", "日本語": "", "": "", "★★★": "", "Help Scout": "", "The Company": "",
	} {
		if got := PassesFor(name, others...); got != want {
			t.Errorf("%q passes for %q, want %q", name, got, want)
		}
	}
	if got := PassesFor("Support"); got != "" {
		t.Errorf("with nobody to pass for: %q", got)
	}
	if got := PassesFor("Acme", "", "★"); got != "" {
		t.Errorf("passes for a name without letters: %q", got)
	}
}
