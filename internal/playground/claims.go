package playground

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// claims are what the members of tokens and of userinfo say (RFC 7519 §4.1, OpenID Connect Core 1.0 §2 and §5.1,
// RFC 9068 §2.2, OpenID Connect Front-Channel Logout 1.0 §3), each in a sentence. Where one begins with
// "When", its value is a time.
var claims = map[string]string{
	"iss":                   "Who issued the token. Whoever gets it checks that it is the issuer they trust.",
	"sub":                   "Who the user is, as this issuer names them. With iss it is what an application remembers of a user: addresses change.",
	"aud":                   "Whom the token is for. Everybody else has to refuse it.",
	"exp":                   "When the token ends.",
	"iat":                   "When the token was issued.",
	"nbf":                   "When the token begins to be valid.",
	"jti":                   "The token’s own id, different for every token.",
	"auth_time":             "When the user proved who they are.",
	"nonce":                 "What the application sent with its request. It binds the ID token to the browser that asked.",
	"acr":                   "The level that the sign-in reached.",
	"amr":                   "How the user proved who they are.",
	"azp":                   "The client that the token was issued to.",
	"at_hash":               "Half of the hash of the access token. It binds the two together.",
	"c_hash":                "Half of the hash of the code. It binds the two together.",
	"sid":                   "The session at the issuer. Logout tokens name it.",
	"client_id":             "The client that asked for the token.",
	"scope":                 "What the token may be used for.",
	"name":                  "The full name.",
	"given_name":            "The first names.",
	"family_name":           "The last names.",
	"middle_name":           "The middle names.",
	"nickname":              "What friends say.",
	"preferred_username":    "The name that the user signs in with. It can change, and somebody else can have it later.",
	"profile":               "The address of a page about the user.",
	"picture":               "The address of a picture of the user.",
	"website":               "The address of the user’s own page.",
	"email":                 "The mail address. Trust it only when email_verified is true.",
	"email_verified":        "Whether the issuer has seen that the user reads mail at that address.",
	"gender":                "The gender, in the user’s own words.",
	"birthdate":             "The day or the year of birth.",
	"zoneinfo":              "The time zone.",
	"locale":                "The language.",
	"phone_number":          "The phone number.",
	"phone_number_verified": "Whether the issuer has seen that the phone is the user’s.",
	"address":               "The postal address.",
	"updated_at":            "When something of the above changed last.",
	"roles":                 "The roles of the user.",
	"permissions":           "What the user may do, by roles.",
	"org_id":                "The organization that the user chose.",
	"org_slug":              "The short name of that organization.",
	"org_roles":             "The roles that the user has in that organization.",
	"org_permissions":       "What those roles allow.",
	"active":                "Whether the token is good at this moment.",
	"token_type":            "How the token is used.",
}

// Explain is the members of a token, each with what it says at that moment. One that this page does not know
// has no text. An opaque token has its end alone, where that is known.
func (t *Token) Explain(now time.Time) (all []Line) {
	d := json.NewDecoder(strings.NewReader(t.Claims))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		if !t.Ends.IsZero() {
			all = append(all, Line{"expires_in", Moment(t.Ends, now), "When the token ends, as the answer says. What is in it, only the issuer knows."})
		}
		return all
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return all
		}
		says := claims[fmt.Sprint(name)]
		all = append(all, Line{fmt.Sprint(name), readable(value, strings.HasPrefix(says, "When "), now), says})
	}
	return all
}

// readable is a value on one line. A time is said as people read it.
func readable(value json.RawMessage, isTime bool, now time.Time) string {
	if seconds, err := strconv.ParseFloat(string(value), 64); isTime && err == nil && math.Abs(seconds) < 1<<40 {
		return string(value) + ": " + Moment(time.Unix(int64(seconds), 0), now)
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var line bytes.Buffer
	if json.Compact(&line, value) != nil {
		return string(value)
	}
	return line.String()
}

// Moment says when something is, seen from now, such as "in 9 minutes, 14:03:10 UTC".
func Moment(at, now time.Time) string {
	clock := at.UTC().Format("15:04:05 UTC")
	if at.UTC().Format(time.DateOnly) != now.UTC().Format(time.DateOnly) {
		clock = at.UTC().Format("2 January 2006, 15:04:05 UTC")
	}
	if left := at.Sub(now); left > 0 {
		return "in " + long(left) + ", " + clock
	}
	return long(now.Sub(at)) + " ago, " + clock
}

// long words a duration by its largest unit.
func long(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.of); n > 1 || n == 1 && unit.of > time.Minute {
			return count(n, unit.name)
		}
	}
	return count(int(d/time.Second), "second")
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// answer is what userinfo answered: claims, or a JWT of them.
func answer(body string) Token {
	if body = strings.TrimSpace(body); strings.HasPrefix(body, "{") {
		return Token{Name: "Claims", Claims: body}
	}
	return decode("Claims", body)
}
