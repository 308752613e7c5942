package main

import (
	"strings"
	"testing"
)

// rendered is what helm made of the values of several zones, which have every kind of object.
func rendered(t *testing.T) string {
	t.Helper()
	h, err := findHelm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const dir = "../../deploy/helm/plinto"
	text, err := h.render(t.Context(), dir, dir+"/ci/ha-values.yaml")
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
		"a token":                   {"automountServiceAccountToken: false\nenable", "automountServiceAccountToken: true\nenable", "token for the cluster"},
		"a port that is not there":  {"targetPort: http", "targetPort: https", "which no pod has"},
		"liveness by the database":  {"livenessProbe:\n          httpGet: {path: /livez", "livenessProbe:\n          httpGet: {path: /readyz", "want /livez"},
		"a hook":                    {"kind: Job\nmetadata:", "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: pre-upgrade}", "is a hook"},
		"no wait":                   {"args: [migrate, --wait=15m]", "args: [version]", "does not wait for the migration"},
		"the owner's secret":        {"PLINTO_REDIS_URL", "PLINTO_MIGRATE_DATABASE_URL", "knows the owner of the tables"},
		"metadata services":         {"169.254.0.0/16", "192.0.2.0/24", "metadata services"},
		"a policy of other pods":    {"podSelector:\n    matchLabels:\n      app.kubernetes.io/name: plinto", "podSelector:\n    matchLabels:\n      app.kubernetes.io/name: other", "not of every pod"},
		"a secret variable":         {`{name: PLINTO_LISTEN, value: ":8080"}`, "{name: PLINTO_LISTEN, valueFrom: {secretKeyRef: {name: x, key: y}}}", "has a secret as a variable"},
		"a password in a variable":  {`{name: PLINTO_LISTEN, value: ":8080"}`, "{name: PLINTO_LISTEN, value: postgres://a:b@c/d}", "URL with a password"},
		"an image that moves":       {"@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ":latest", "without a version"},
		"a scaler of nothing":       {"kind: Deployment\n    name: plinto\n", "kind: Deployment\n    name: other\n", "scales nothing"},
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
