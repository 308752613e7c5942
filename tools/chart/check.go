package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	security "k8s.io/pod-security-admission/policy"
)

// user is the one of the image.
const user = 65532

// check returns what is wrong with the objects.
func (o *objects) check() error {
	var problems []error
	for _, p := range o.pods() {
		for _, problem := range checkPod(p) {
			problems = append(problems, fmt.Errorf("%s: %s", p.of, problem))
		}
	}
	for _, find := range []func() []string{o.checkNames, o.checkDeployments, o.checkServices, o.checkRoutes, o.checkPolicies, o.checkSecrets, o.checkWatching} {
		for _, problem := range find() {
			problems = append(problems, errors.New(problem))
		}
	}
	return errors.Join(problems...)
}

// restricted judges a pod as a namespace with the level "restricted" does, by the newest rules.
func restricted(p pod) []string {
	evaluator, err := security.NewEvaluator(security.DefaultChecks(), nil)
	if err != nil {
		return []string{err.Error()}
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := security.AggregateCheckResults(evaluator.EvaluatePod(level, &p.ObjectMeta, &p.Spec))
	if result.Allowed {
		return nil
	}
	return []string{"Pod Security refuses it: " + result.ForbiddenDetail()}
}

func checkPod(p pod) []string {
	problems := restricted(p)
	want := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	s := p.Spec.SecurityContext
	want(s != nil && s.RunAsUser != nil && *s.RunAsUser == user && s.FSGroup != nil && *s.FSGroup == user, "it does not run as the image's user")
	want(p.Spec.AutomountServiceAccountToken != nil && !*p.Spec.AutomountServiceAccountToken, "it has a token for the cluster")
	want(p.Spec.EnableServiceLinks != nil && !*p.Spec.EnableServiceLinks, "the cluster sets variables of every service")
	volumes := map[string]bool{}
	for _, v := range p.Spec.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
		say := func(problem string) string { return "container " + c.Name + " " + problem }
		want(c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem, say("may write to its root"))
		want(!c.Resources.Requests.Cpu().IsZero() && !c.Resources.Requests.Memory().IsZero() && !c.Resources.Limits.Memory().IsZero(), say("asks for no processor or memory, or has no limit of memory"))
		want(len(c.Command) == 0, say("has a command instead of the entrypoint"))
		want(strings.Contains(c.Image, "@sha256:") || strings.Contains(c.Image, ":") && !strings.HasSuffix(c.Image, ":latest"), say("has an image without a version"))
		for _, m := range c.VolumeMounts {
			want(volumes[m.Name], say("mounts "+m.Name+", which is not there"))
			want(m.ReadOnly, say("may write to "+m.MountPath))
		}
		problems = append(problems, checkProbes(c)...)
	}
	return problems
}

// checkProbes looks whether probes ask a port of the container, and whether only readiness heeds the
// database: a restart would not mend that.
func checkProbes(c core.Container) (problems []string) {
	for name, probe := range map[string]*core.Probe{"/livez": c.LivenessProbe, "/readyz": c.ReadinessProbe, "/livez at start": c.StartupProbe} {
		if probe == nil {
			continue
		}
		path, _, _ := strings.Cut(name, " ")
		if probe.HTTPGet == nil || probe.HTTPGet.Path != path || !hasPort(c, probe.HTTPGet.Port) {
			problems = append(problems, fmt.Sprintf("container %s has a probe that asks %+v, want %s", c.Name, probe.HTTPGet, path))
		}
	}
	return problems
}

func hasPort(c core.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p core.ContainerPort) bool {
		return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
	})
}

// checkNames looks whether names are unique and labels are those of the chart.
func (o *objects) checkNames() (problems []string) {
	seen := map[string]bool{}
	for _, object := range o.all {
		m, ok := object.(meta.Object)
		if !ok {
			problems = append(problems, fmt.Sprintf("%T has no name", object))
			continue
		}
		name := object.GetObjectKind().GroupVersionKind().Kind + " " + m.GetName()
		if seen[name] {
			problems = append(problems, name+" is there twice")
		}
		seen[name] = true
		if m.GetLabels()["app.kubernetes.io/instance"] != "plinto" || m.GetLabels()["helm.sh/chart"] == "" {
			problems = append(problems, name+" lacks the labels of the chart")
		}
		for annotation := range m.GetAnnotations() {
			if strings.HasPrefix(annotation, "helm.sh/hook") {
				problems = append(problems, name+" is a hook, which kubectl apply does not know")
			}
		}
	}
	return problems
}

// checkDeployments looks whether deployments find their own pods and nobody else's, whose probes are
// there, and whether there is an account.
func (o *objects) checkDeployments() (problems []string) {
	if len(o.deployments) == 0 || len(o.accounts) != 1 {
		return []string{fmt.Sprintf("%d deployments and %d accounts", len(o.deployments), len(o.accounts))}
	}
	for _, d := range o.deployments {
		if found := o.matching(d.Spec.Selector); len(found) != 1 || found[0].of != "deployment "+d.Name {
			problems = append(problems, fmt.Sprintf("deployment %s finds %d kinds of pods", d.Name, len(found)))
		}
		c := d.Spec.Template.Spec.Containers[0]
		if c.LivenessProbe == nil || c.ReadinessProbe == nil || c.StartupProbe == nil {
			problems = append(problems, "deployment "+d.Name+" lacks probes")
		}
		first := d.Spec.Template.Spec.InitContainers
		if len(first) != 1 || !strings.HasPrefix(strings.Join(first[0].Args, " "), "migrate --wait=") {
			problems = append(problems, "deployment "+d.Name+" does not wait for the migration")
		}
		for _, spread := range d.Spec.Template.Spec.TopologySpreadConstraints {
			if len(o.matching(spread.LabelSelector)) != 1 {
				problems = append(problems, "deployment "+d.Name+" is spread by labels of other pods")
			}
		}
	}
	for _, p := range o.pods() {
		if p.Spec.ServiceAccountName != o.accounts[0].Name {
			problems = append(problems, p.of+" has the account "+p.Spec.ServiceAccountName)
		}
	}
	for _, s := range o.scalers {
		i := slices.IndexFunc(o.deployments, func(d *apps.Deployment) bool { return d.Name == s.Spec.ScaleTargetRef.Name })
		if i < 0 || o.deployments[i].Spec.Replicas != nil {
			problems = append(problems, "the scaler "+s.Name+" scales nothing, or what is scaled by hand")
		}
	}
	for _, b := range o.budgets {
		if len(o.matching(b.Spec.Selector)) != 1 {
			problems = append(problems, "the disruption budget "+b.Name+" is of no pods, or of several kinds")
		}
	}
	return problems
}

// checkServices looks whether services lead to ports of pods, and that of users to no operations.
func (o *objects) checkServices() (problems []string) {
	for _, s := range o.services {
		found := o.matching(&meta.LabelSelector{MatchLabels: s.Spec.Selector})
		for _, port := range s.Spec.Ports {
			there := slices.ContainsFunc(found, func(p pod) bool { return hasPort(p.Spec.Containers[0], port.TargetPort) })
			if !there {
				problems = append(problems, fmt.Sprintf("service %s leads to %s, which no pod has", s.Name, port.TargetPort.String()))
			}
			if port.TargetPort.String() != "http" && s.Spec.ClusterIP != core.ClusterIPNone {
				problems = append(problems, "service "+s.Name+" leads users to "+port.TargetPort.String())
			}
		}
	}
	return problems
}
