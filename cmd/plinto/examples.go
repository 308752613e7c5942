package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// examples are those of each command, by its path below plinto: a command line each. A line that begins with # says what the next is for.
var examples = map[string]string{
	"dev": `plinto dev
# another port, and tenants, users and clients of your own
plinto dev --listen 127.0.0.1:9000 --seed seed.yaml
# by a tunnel that ends here, for a while: whoever has the address reads everything
PLINTO_PUBLIC_URL=https://try.example.com plinto dev --expose`,
	"serve": `plinto serve
# bring the tables up to date first: for one server alone
plinto serve --migrate`,
	"worker":  `plinto worker`,
	"migrate": "plinto migrate\n# before a server starts, where something else migrates\nplinto migrate --wait 5m",
	"healthcheck": `plinto healthcheck
plinto healthcheck --operations`,
	"config":        "plinto config\nplinto config -o json",
	"upgrade-check": "plinto upgrade-check --from 0050\nplinto upgrade-check -o json",
	"doctor":        "plinto doctor\nplinto doctor -o json",
	"version":       "plinto version",
	"apply": `# see what would change, then do it
plinto apply -f plinto.yaml --dry-run
plinto apply -f plinto.yaml`,
	"diff": `plinto diff -f plinto.yaml`,
	"export": `plinto export > plinto.yaml
plinto export --tenant acme --users > acme.yaml`,
	"import": "# try it first\nplinto import users.ndjson --tenant acme --dry-run\nplinto import realm.json --from keycloak --tenant acme",
	"backup": `# once; keep it apart from the backups
# openssl rand -base64 32 > backup.key
plinto backup acme --key-file backup.key --out acme.backup`,
	"restore": `plinto restore acme.backup --key-file backup.key
# with another slug, and tables of its own
plinto restore acme.backup --key-file backup.key --as acme-then --isolation schema`,
	"login":  "plinto login https://id.example.com",
	"logout": "plinto logout",
	"explain": `# the id is on the error page, in the answer's X-Request-Id, and in the log
plinto explain 1c7bab53a61848e8b36e4a4c`,
	"events": `plinto events --tenant acme --follow`,
	"stats":  "plinto stats --tenant acme --days 30",

	"profile list":   "plinto profile list",
	"profile use":    "plinto profile use acme\n# back to the database\nplinto profile use none",
	"profile remove": "plinto profile remove acme",

	"tenant create": `plinto tenant create acme --name "Acme Inc" --host id.acme.example
plinto tenant create acme --isolation database --database-url-file acme.url`,
	"tenant list":   "plinto tenant list",
	"tenant update": "plinto tenant update acme --host login.acme.example\nplinto tenant update acme --disabled",
	"tenant delete": "plinto tenant delete acme --yes",
	"tenant restored": `# after the database was put back, before servers start
plinto tenant restored --all`,
	"tenant move": `plinto tenant move acme --to schema
# drop the old copy, once all is well
plinto tenant move acme --confirm`,

	"client create": `plinto client create shop --type web --redirect-uri https://shop.example.com/callback
plinto client create app --type spa --redirect-uri https://app.example.com/callback --scope "openid email"
plinto client create sync --type service --scope orders.read`,
	"client list":   "plinto client list --tenant acme",
	"client show":   "plinto client show shop",
	"client check":  "plinto client check shop",
	"client update": "plinto client update shop --redirect-uri https://shop.example.com/callback,https://shop.example.com/silent",
	"client rotate-secret": `# the old one goes on for a week
plinto client rotate-secret shop
# it has leaked: it ends now
plinto client rotate-secret shop --now`,
	"client disable":              "plinto client disable shop",
	"client enable":               "plinto client enable shop",
	"client delete":               "plinto client delete shop --yes",
	"client command-line":         "plinto client command-line --tenant acme",
	"client initial-token create": "plinto client initial-token create --name \"partner portal\" --uses 10 --ttl 24h",
	"client initial-token list":   "plinto client initial-token list",
	"client initial-token revoke": "plinto client initial-token revoke 018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f",

	"user create": `plinto user create ann@example.com --name "Ann Lee"
plinto user create ann@example.com --email-verified --password-stdin < password.txt`,
	"user list":                    "plinto user list --tenant acme",
	"user show":                    "plinto user show ann@example.com",
	"user disable":                 "plinto user disable ann@example.com",
	"user enable":                  "plinto user enable ann@example.com",
	"user delete":                  "plinto user delete ann@example.com --yes\n# in 30 days, unless somebody keeps the account\nplinto user delete ann@example.com --yes --after 720h",
	"user keep":                    "plinto user keep ann@example.com",
	"user sign-out":                "plinto user sign-out ann@example.com",
	"user set-password":            "plinto user set-password ann@example.com --password-stdin < password.txt",
	"user require-password-change": "plinto user require-password-change ann@example.com",
	"user recover":                 "plinto user recover ann@example.com --for 30m",
	"user export":                  "plinto user export --tenant acme > users.ndjson",
	"user consents list":           "plinto user consents list ann@example.com",
	"user consents revoke":         "plinto user consents revoke ann@example.com shop\nplinto user consents revoke ann@example.com --all",
	"user devices list":            "plinto user devices list ann@example.com",
	"user devices revoke":          "plinto user devices revoke ann@example.com dev_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"user emails list":             "plinto user emails list ann@example.com",
	"user emails add":              "plinto user emails add ann@example.com ann@work.example",
	"user emails primary":          "plinto user emails primary ann@example.com ann@work.example",
	"user emails remove":           "plinto user emails remove ann@example.com ann@old.example",
	"user factors list":            "plinto user factors list ann@example.com",
	"user factors remove":          "plinto user factors remove ann@example.com --all",
	"user grants list":             "plinto user grants list ann@example.com",
	"user grants end":              "plinto user grants end ann@example.com grant_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"user identities list":         "plinto user identities list ann@example.com",
	"user identities remove":       "plinto user identities remove ann@example.com idn_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"user roles list":              "plinto user roles list ann@example.com",
	"user roles add":               "plinto user roles add ann@example.com support",
	"user roles remove":            "plinto user roles remove ann@example.com support",

	"role list":   "plinto role list",
	"role create": "plinto role create support --name Support --permission users:read",
	"role update": "plinto role update support --permission users:read,sessions:read",
	"role delete": "plinto role delete support",

	"org create":             `plinto org create acme --name "Acme Inc"`,
	"org list":               "plinto org list",
	"org get":                "plinto org get acme",
	"org update":             "plinto org update acme --mfa required",
	"org suspend":            "plinto org suspend acme",
	"org resume":             "plinto org resume acme",
	"org delete":             "plinto org delete acme --yes",
	"org branding":           "plinto org branding acme --primary '#0f766e' --logo acme.png",
	"org invite":             "plinto org invite acme ann@example.com --roles member",
	"org invitations list":   "plinto org invitations list acme",
	"org invitations resend": "plinto org invitations resend acme inv_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"org invitations revoke": "plinto org invitations revoke acme inv_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"org members list":       "plinto org members list acme",
	"org members set":        "plinto org members set acme ann@example.com --roles owner",
	"org members remove":     "plinto org members remove acme ann@example.com",
	"org domains list":       "plinto org domains list acme",
	"org domains add":        "plinto org domains add acme acme.example",
	"org domains verify":     "plinto org domains verify acme acme.example",
	"org domains remove":     "plinto org domains remove acme acme.example",

	"connection create": `plinto connection create google --preset google --client-id 1234.apps.example --secret-stdin < secret.txt
plinto connection create work --name "Acme SSO" --issuer https://login.acme.example --client-id plinto --secret-stdin < secret.txt
plinto connection create saml --name "Acme SAML" --kind saml --metadata-file metadata.xml`,
	"connection list":       "plinto connection list",
	"connection show":       "plinto connection show work",
	"connection update":     "plinto connection update work --provision domain --email-domains acme.example",
	"connection test":       "plinto connection test work",
	"connection preview":    "plinto connection preview work --claims claims.json",
	"connection sso":        "plinto connection sso work",
	"connection disable":    "plinto connection disable work --end-sessions",
	"connection enable":     "plinto connection enable work",
	"connection delete":     "plinto connection delete work --yes",
	"connection rotate-key": "plinto connection rotate-key saml\nplinto connection rotate-key saml --activate\nplinto connection rotate-key saml --retire",

	"webhook create":        "plinto webhook create https://hooks.example.com/plinto --events user.created,user.deleted",
	"webhook list":          "plinto webhook list",
	"webhook show":          "plinto webhook show webhook_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"webhook update":        "plinto webhook update webhook_01hzy3v7q8e5s9w2d4f6g8h0jk --events user.created",
	"webhook test":          "plinto webhook test webhook_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"webhook types":         "plinto webhook types",
	"webhook deliveries":    "plinto webhook deliveries webhook_01hzy3v7q8e5s9w2d4f6g8h0jk --state failed",
	"webhook delivery":      "plinto webhook delivery delivery_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"webhook replay":        "plinto webhook replay webhook_01hzy3v7q8e5s9w2d4f6g8h0jk --since-it-broke",
	"webhook rotate-secret": "plinto webhook rotate-secret webhook_01hzy3v7q8e5s9w2d4f6g8h0jk --overlap 24h",
	"webhook disable":       "plinto webhook disable webhook_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"webhook enable":        "plinto webhook enable webhook_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"webhook delete":        "plinto webhook delete webhook_01hzy3v7q8e5s9w2d4f6g8h0jk --yes",

	"api-key create": `plinto api-key create "nightly sync" --user ann@example.com --permission users:read --ttl 720h`,
	"api-key list":   "plinto api-key list",
	"api-key revoke": "plinto api-key revoke key_01hzy3v7q8e5s9w2d4f6g8h0jk",

	"email-template list":    "plinto email-template list",
	"email-template show":    "plinto email-template show password.changed --language de",
	"email-template set":     `plinto email-template set password.changed --tenant acme --text subject="New password at {tenant}"`,
	"email-template preview": "plinto email-template preview password.changed --html > mail.html",

	"keys list":   "plinto keys list --tenant acme",
	"keys rotate": "plinto keys rotate --tenant acme --alg ES256",
	"keys rewrap": "# with both keys; then start every process with the new one; then once more\nPLINTO_ENCRYPTION_KEY=\"$NEW,$OLD\" plinto keys rewrap\nPLINTO_ENCRYPTION_KEY=\"$NEW\" plinto keys rewrap",

	"job list": "plinto job list",
	"job show": "plinto job show job_01hzy3v7q8e5s9w2d4f6g8h0jk --follow",

	"audit list":        "plinto audit list --tenant acme --since 24h --type user.created\nplinto audit list --subject user_01hzy3v7q8e5s9w2d4f6g8h0jk",
	"audit show":        "plinto audit show 018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f",
	"audit export":      "plinto audit export --to audit.ndjson --since 720h",
	"audit head":        "plinto audit head > head.json",
	"audit key":         "plinto audit key",
	"audit verify":      "plinto audit verify --head head.json",
	"audit prove":       "plinto audit prove 018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f",
	"audit consistency": "plinto audit consistency --from 2026-01-01",
}

// exemplify gives every command below cmd its examples.
func exemplify(cmd *cobra.Command) {
	if _, path, ok := strings.Cut(cmd.CommandPath(), " "); ok && examples[path] != "" {
		cmd.Example = "  " + strings.ReplaceAll(examples[path], "\n", "\n  ")
	}
	for _, sub := range cmd.Commands() {
		exemplify(sub)
	}
}
