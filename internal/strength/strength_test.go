package strength

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEstimate_knowsWhatIsTriedFirst(t *testing.T) {
	t.Parallel()
	about := []string{"acme", "alice", "alice.liddell@example.com", "Zoë"}
	for password, want := range map[string]struct {
		least, most int
		because     Reason
	}{
		"passwordpassword":             {0, 0, Pattern},
		"p4ssw0rdp4ssw0rd":             {0, 1, Pattern},
		"password-iloveyou":            {0, 1, Words},
		"monkeydragonmonkey":           {0, 1, Words},
		"aaaaaaaaaaaaaaaaaaaaaaaa":     {0, 1, Pattern},
		"qwertyuiopasdfghjkl":          {0, 1, Words},
		"zxcvbnm,./;lkjhgfdsa":         {0, 1, Pattern},
		"123456789012345678":           {0, 1, Pattern},
		"acmeacmeacmeacme":             {0, 0, About},
		"4cme4cme4cme4cme":             {0, 0, About},
		"alice.liddell@example.com":    {0, 0, About},
		"zöezöezöezöezöe":              {0, 0, About},
		"pässwördpassword":             {0, 0, Pattern},
		"13.04.1971 13.04.1971":        {0, 1, Pattern},
		"correct horse battery staple": {3, Most, Words},
		"xk7 qzv9 tmw2 bdh":            {Most, Most, Words},
		"日本語のパスワードは長いほど良い":             {Most, Most, Words},
		"ああああああああああああああああ":             {0, 1, Pattern},
		"": {0, 0, Words},
	} {
		score, because := Estimate(password, about)
		if score < want.least || score > want.most {
			t.Errorf("Estimate(%q) = %d, want %d to %d", password, score, want.least, want.most)
		}
		if score < 3 && because != want.because {
			t.Errorf("Estimate(%q) is weak because of %s, want %s", password, because, want.because)
		}
	}
}

// PWD-27: what a password costs is bounded by what is looked at, in characters and in readings.
func TestEstimate_looksAtABoundedPart(t *testing.T) {
	const all, six = "4@8({[<3691!|70$5+%2", "1!|70$"
	if n := len(reduce(strings.Repeat("é", 300))); n != looked {
		t.Errorf("%d characters are looked at, want %d", n, looked)
	}
	if few, many := signs(six), signs(all); few > maxSigns || many <= maxSigns {
		t.Errorf("signs() = %d and %d, want at most %d, and more", few, many, maxSigns)
	}
	dearest := allocations(mixed(six, looked))
	for name, password := range map[string]string{"all signs": all + mixed(all, looked-len(all)), "six signs, long": mixed(six, 250), "all signs, long": all + mixed(all, 250)} {
		if n := allocations(password); n > dearest+dearest/5 {
			t.Errorf("%s cost %.0f allocations, what is looked at costs %.0f", name, n, dearest)
		}
	}
}

func allocations(password string) float64 {
	return testing.AllocsPerRun(1, func() { Estimate(password, nil) })
}

// mixed is a text of n of the signs that repeats nothing.
func mixed(signs string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte(signs[(i*i+i/len(signs))%len(signs)])
	}
	return b.String()
}

func FuzzEstimate(f *testing.F) {
	f.Add("correct horse battery", "acme")
	f.Add("ÅngströmİßǄ\u0301\u0000", "ﬃ")
	f.Fuzz(func(t *testing.T, password, word string) {
		if !utf8.ValidString(password) {
			return
		}
		if score, because := Estimate(password, []string{word}); score < 0 || score > Most || because == "" {
			t.Errorf("Estimate(%q, %q) = %d, %q", password, word, score, because)
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	for name, password := range map[string]string{
		"passphrase": "correct horse battery staple", "six signs": mixed("1!|70$", looked), "all signs, long": mixed("4@8({[<3691!|70$5+%2", 250),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Estimate(password, []string{"acme", "alice"})
			}
		})
	}
}
