package password

import (
	_ "embed" // of the list
	"slices"
	"strings"
	"sync"
)

// list is sorted, one entry a line; lines that start with # are remarks.
//
//go:embed common.txt
var list string

// entries are the lines of list. They share its memory.
var entries = sync.OnceValue(func() []string {
	remarks := strings.LastIndex(list, "\n#")
	first := remarks + 1 + strings.IndexByte(list[remarks+1:], '\n') + 1
	return strings.Split(strings.TrimSuffix(list[first:], "\n"), "\n")
})

// isListed reports whether a password, or the word it is made of, is among those
// that lists of leaked passwords begin with.
func isListed(lower string) bool {
	if ours[lower] {
		return true
	}
	_, found := slices.BinarySearch(entries(), lower)
	return found
}

// ours are those that an English list does not begin with: other languages, other
// keyboards, spellings of ours.
var ours = words(`
12345678 123456789 1234567890 12345678910 123123123 11223344 87654321 987654321 0987654321 147258369 123654789 789456123
11111111 00000000 88888888 66666666 12341234 12121212 13131313 31415926 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx q1w2e3r4 q1w2e3r4t5
qwertyui qwertyuiop qwerty qwertz qwertzuiop azerty azertyuiop asdfghjk asdfghjkl zxcvbnm zxcvbnm, qazwsx qazwsxedc qweasd qweasdzxc 1234qwer qwer1234
password passwort motdepasse contrasena contraseña parola senha wachtwoord haslo passw0rd p@ssw0rd p@ssword pa55word pass1234 password1 passwd
welcome willkommen bienvenue letmein iloveyou sunshine princess football baseball basketball superman batman spiderman dragon monkey shadow master
michael jennifer jessica michelle jordan charlie andrew daniel ashley nicole thomas robert matthew anthony joshua hunter harley ranger buster soccer
hockey killer george summer winter spring autumn monday sunday january december september october november freedom whatever trustno1 starwars
computer internet google facebook instagram linkedin youtube twitter microsoft windows samsung iphone android nintendo playstation pokemon minecraft
admin administrator administrador root toor guest user test tester testing default changeme change secret hello hallo bonjour hello123 access login
abcd1234 abc12345 abcdefgh abcdefg abc123 a1b2c3d4 aa123456 aaaaaaaa asdf1234 asdfasdf qwerqwer passpass testtest blahblah fuckyou fuckyou1 asshole
liverpool chelsea arsenal barcelona juventus manchester realmadrid bayern cheese chocolate cookie banana orange flower butterfly rainbow diamond silver
golden tigger peanut pepper ginger purple yellow scooter corvette mustang ferrari mercedes porsche yamaha honda toyota maverick phoenix thunder lightning
forever friends family jesus christ heaven angel angels blessed babygirl lovely loveme lover mylove honey sweetie sweetheart beautiful princesa
company plinto welcome1 temp temporary temppass newpassword mypassword yourpassword thepassword nopassword qwerty123 qwerty1234 qwerty12345 correcthorse
samantha victoria elizabeth alexander benjamin christopher nicholas jonathan stephanie patricia veronica isabella francesco alejandro fernando
`)

func words(text string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}
