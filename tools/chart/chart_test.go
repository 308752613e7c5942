package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ours = "../../deploy/helm/plinto"

// rendered is what helm made of the values of several zones, which have every kind of object.
func rendered(t *testing.T) string {
	t.Helper()
	h, err := findHelm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.render(t.Context(), ours, ours+"/ci/ha-values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each rule notices what it is about.
func TestCheck_noticesWhatItIsAbout(t *testing.T) {
	t.Parallel()
	good := rendered(t)
	o, err := decode([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.check(); err != nil {
		t.Fatalf("as it is: %v", err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown member":         {"readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true", "unknown field"},
		"a member of another type":  {"containerPort: 8081", `containerPort: "x"`, "cannot unmarshal"},
		"an unknown kind":           {"kind: Deployment", "kind: Deploiment", "no kind"},
		"root":                      {"runAsNonRoot: true", "runAsNonRoot: false", "Pod Security refuses it"},
		"capabilities":              {"capabilities: {drop: [ALL]}", "capabilities: {add: [NET_ADMIN]}", "Pod Security refuses it"},
		"no seccomp":                {"seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "Pod Security refuses it"},
		"a root that is written to": {"readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write to its root"},
		"another user":              {"runAsUser: 65532", "runAsUser: 1000", "does not run as the image's user"},
		"a token":                   {"automountServiceAccountToken: false\n      enable", "automountServiceAccountToken: true\n      enable", "token for the cluster"},
		"a port that is not there":  {"targetPort: http", "targetPort: https", "which no pod has"},
		"liveness by the database":  {"livenessProbe:\n          httpGet: {path: /livez", "livenessProbe:\n          httpGet: {path: /readyz", "want /livez"},
		"a hook":                    {"kind: Job\nmetadata:", "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: pre-upgrade}", "is a hook"},
		"no wait":                   {"args: [migrate, --wait=15m]", "args: [version]", "does not wait for the migration"},
		"the owner's secret":        {"PLINTO_REDIS_URL", "PLINTO_MIGRATE_DATABASE_URL", "knows the owner of the tables"},
		"metadata services":         {"169.254.0.0/16", "192.0.2.0/24", "metadata services"},
		"a policy of other pods":    {"podSelector:\n    matchLabels:\n      app.kubernetes.io/name: plinto", "podSelector:\n    matchLabels:\n      app.kubernetes.io/name: other", "not of every pod"},
		"a secret variable":         {`{name: PLINTO_LISTEN, value: ":8080"}`, "{name: PLINTO_LISTEN, valueFrom: {secretKeyRef: {name: x, key: url}}}", "has a secret as a variable"},
		"a password in a variable":  {`{name: PLINTO_LISTEN, value: ":8080"}`, "{name: PLINTO_LISTEN, value: postgres://a:b@c/d}", "URL with a password"},
		"an image that moves":       {"@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ":latest", "without a version"},
		"a scaler of nothing":       {"kind: Deployment\n    name: plinto\n", "kind: Deployment\n    name: other\n", "scales nothing"},
		"users at operations":       {"targetPort: http}", "targetPort: operations}", "leads users to operations"},
		"metrics for everybody":     {"from:\n      - namespaceSelector:\n          matchLabels:\n            kubernetes.io/metadata.name: monitoring\n", "from: []\n", "lets everybody at more than the public port"},
		"metrics for nobody":        {"{port: operations, protocol: TCP}", "{port: http, protocol: TCP}", "is let in by no network policy"},
		"another job":               {"jobLabel: app.kubernetes.io/name", "jobLabel: app.kubernetes.io/component", `makes the job "operations"`},
		"alerts of another job":     {`job="plinto"`, `job="other"`, `is not of the job "plinto"`},
		"half a dashboard":          {`"panels": [`, `"panels": `, "has no dashboard"},
		"a route to nothing":        {"backendRefs:\n    - name: plinto", "backendRefs:\n    - name: other", "leads to other"},
	} {
		if !strings.Contains(good, c.old) {
			t.Errorf("%s: %q is not in what helm makes", name, c.old)
			continue
		}
		o, err := decode([]byte(strings.ReplaceAll(good, c.old, c.new)))
		if err == nil {
			err = o.check()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// copied is the chart in a directory of its own, where links are files.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(ours, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(ours, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(dir, rel), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// What somebody takes out of a template is noticed.
func TestCheck_noticesWhatTheChartLost(t *testing.T) {
	t.Parallel()
	h, err := findHelm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, old, new, want string }{
		"not to be root":      {"_helpers.tpl", "runAsNonRoot: true\n", "", "Pod Security refuses it"},
		"capabilities":        {"_helpers.tpl", "capabilities: {drop: [ALL]}\n", "", "Pod Security refuses it"},
		"a read-only root":    {"_helpers.tpl", "readOnlyRootFilesystem: true\n", "", "may write to its root"},
		"the cluster's token": {"_helpers.tpl", "automountServiceAccountToken: false\n", "", "token for the cluster"},
		"the labels of a job": {"migration.yaml", "{{- include \"plinto.labels\" . | nindent 4 }}", "a: b", "lacks the labels"},
		"the name of a job":   {"migration.yaml", "{{ $pod | sha256sum | trunc 10 }}", "1", "the job of the migration is"},
		"the network policy":  {"networkpolicy.yaml", ".Values.networkPolicy.enabled", "false", "0 network policies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t)
			file := filepath.Join(dir, "templates", c.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), c.old) {
				t.Fatalf("%q is not in %s", c.old, c.file)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			o, err := h.objects(t.Context(), dir, "")
			if err == nil {
				err = errors.Join(o.check(), h.checkMigrations(t.Context(), dir))
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// It is the schema that refuses values which are wrong: without it none of them is.
func TestSchema_refusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h, err := findHelm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.checkRefusals(t.Context(), ours); err != nil {
		t.Error(err)
	}
	dir := copied(t)
	if err := os.Remove(filepath.Join(dir, "values.schema.json")); err != nil {
		t.Fatal(err)
	}
	err = h.checkRefusals(t.Context(), dir)
	for _, set := range refused {
		if err == nil || !strings.Contains(err.Error(), set) {
			t.Errorf("without a schema %s is refused: %v", set, err)
		}
	}
}
