package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"plinto/internal/secret"
)

// What takes the place of what is not logged.
const (
	redacted = "[redacted]"
	address  = "[address]"
)

// secrets are what secrets look like: those that are made here, JWTs, credentials as headers and URLs have them.
var secrets = regexp.MustCompile(secret.Form + `|(?:\b|%[0-9A-Fa-f]{2})eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){1,4}|(?i:\b(?:Bearer|Basic|DPoP)) +[A-Za-z0-9._~+/=-]{8,}|://[^\s/?#@"]*:[^\s/?#@"]*@`)

// mails are mail addresses. The last label of a domain is letters or punycode, that of a module's version is not.
var mails = regexp.MustCompile(`[\pL\pN.!#$%&'*+=?^_{|}~-]+@[\pL\pN][\pL\pN.-]*\.(?:xn--[a-z0-9-]+|\pL{2,})`)

// Clean returns text without what looks like a secret or a mail address.
func Clean(text string) string {
	if secret.MayHaveForm(text) || strings.Contains(text, "eyJ") || strings.Contains(text, "://") || containsScheme(text) {
		text = secrets.ReplaceAllStringFunc(text, func(found string) string {
			if strings.HasPrefix(found, "://") {
				return "://" + redacted + "@"
			}
			if strings.HasPrefix(found, "-----BEGIN") {
				return redacted
			}
			if scheme, _, ok := strings.Cut(found, " "); ok {
				return scheme + " " + redacted
			}
			return redacted
		})
	}
	if strings.Contains(text, "@") {
		text = mails.ReplaceAllLiteralString(text, address)
	}
	return text
}

// containsScheme reports whether a text may name credentials of a header.
func containsScheme(text string) bool {
	for _, scheme := range []string{"earer", "EARER", "asic", "ASIC", "pop", "PoP", "POP"} {
		if strings.Contains(text, scheme) {
			return true
		}
	}
	return false
}

// Redact returns a handler that takes secrets and mail addresses out of lines, by what they look like.
func Redact(h slog.Handler) slog.Handler { return redact{h} }

type redact struct{ slog.Handler }

// Handle implements slog.Handler.
func (h redact) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Clean(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool { clean.AddAttrs(cleaned(a)); return true })
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h redact) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = cleaned(a)
	}
	return redact{h.Handler.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (h redact) WithGroup(name string) slog.Handler { return redact{h.Handler.WithGroup(name)} }

// cleaned is an attribute as it may be logged. What is neither text nor made of it is a number or a time.
func cleaned(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, Clean(a.Value.String()))
	case slog.KindGroup:
		members := a.Value.Group()
		clean := make([]slog.Attr, len(members))
		for i, m := range members {
			clean[i] = cleaned(m)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindAny:
		written := text(a.Value.Any())
		if clean := Clean(written); clean != written {
			return slog.String(a.Key, clean)
		}
		return a
	default:
		return a
	}
}

// text is what a value would be written as.
func text(v any) string {
	if err, ok := v.(error); ok {
		return err.Error()
	}
	written, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(written)
}
