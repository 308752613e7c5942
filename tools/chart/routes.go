package main

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// leads reports whether a service has a port.
func (o *objects) leads(service string, port int32) bool {
	return slices.ContainsFunc(o.services, func(s *core.Service) bool {
		return s.Name == service && s.Spec.ClusterIP != core.ClusterIPNone &&
			slices.ContainsFunc(s.Spec.Ports, func(p core.ServicePort) bool { return p.Port == port })
	})
}

// checkRoutes looks whether Ingress and HTTPRoute lead every host to the service.
func (o *objects) checkRoutes() (problems []string) {
	for _, i := range o.ingresses {
		for _, rule := range i.Spec.Rules {
			b := rule.HTTP.Paths[0].Backend.Service
			if rule.Host == "" || b == nil || !o.leads(b.Name, b.Port.Number) {
				problems = append(problems, fmt.Sprintf("the ingress leads %q nowhere", rule.Host))
			}
		}
		for _, tls := range i.Spec.TLS {
			if len(tls.Hosts) != len(i.Spec.Rules) {
				problems = append(problems, "the ingress has hosts without a certificate")
			}
		}
	}
	for _, r := range o.routes {
		if len(r.Spec.ParentRefs) == 0 || len(r.Spec.Hostnames) == 0 {
			problems = append(problems, "the route has no gateway or no host")
		}
		for _, rule := range r.Spec.Rules {
			for _, b := range rule.BackendRefs {
				if b.Port == nil || !o.leads(string(b.Name), int32(*b.Port)) {
					problems = append(problems, "the route leads to "+string(b.Name)+", which is not there")
				}
			}
		}
	}
	return problems
}

// checkPolicies looks whether the network policy is of every pod, lets everybody at nothing but the public
// port, and keeps pods from the metadata services of clouds.
func (o *objects) checkPolicies() (problems []string) {
	if len(o.networks) != 1 {
		return []string{fmt.Sprintf("%d network policies, want one", len(o.networks))}
	}
	n := o.networks[0]
	if len(o.matching(&n.Spec.PodSelector)) != len(o.pods()) {
		problems = append(problems, "the network policy is not of every pod")
	}
	if !slices.Contains(n.Spec.PolicyTypes, networking.PolicyTypeEgress) || !slices.Contains(n.Spec.PolicyTypes, networking.PolicyTypeIngress) {
		problems = append(problems, "the network policy is of one direction")
	}
	for _, rule := range n.Spec.Ingress {
		public := len(rule.Ports) == 1 && *rule.Ports[0].Port == intstr.FromString("http")
		if len(rule.From) == 0 && !public {
			problems = append(problems, "the network policy lets everybody at more than the public port")
		}
	}
	for _, rule := range n.Spec.Egress {
		if len(rule.Ports) == 0 {
			problems = append(problems, "the network policy lets pods at every port")
		}
		for _, to := range rule.To {
			if to.IPBlock != nil && to.IPBlock.CIDR == "0.0.0.0/0" && !slices.Contains(to.IPBlock.Except, "169.254.0.0/16") {
				problems = append(problems, "the network policy lets pods at metadata services")
			}
		}
	}
	return problems
}

// checkSecrets looks whether nothing secret is in an object, and whether the owner of the tables is the
// migration's alone.
func (o *objects) checkSecrets() (problems []string) {
	for _, p := range o.pods() {
		for _, c := range slices.Concat(p.Spec.InitContainers, p.Spec.Containers) {
			for _, e := range c.Env {
				if e.ValueFrom != nil || len(c.EnvFrom) > 0 {
					problems = append(problems, p.of+" has a secret as a variable: "+e.Name)
				}
				if strings.Contains(e.Value, "://") && strings.Contains(e.Value, "@") {
					problems = append(problems, p.of+" has a URL with a password in "+e.Name)
				}
				if e.Name == "PLINTO_MIGRATE_DATABASE_URL_FILE" && !strings.HasPrefix(p.of, "job ") {
					problems = append(problems, p.of+" knows the owner of the tables")
				}
				if path, ok := strings.CutSuffix(e.Name, "_FILE"); ok && strings.HasPrefix(e.Value, "/run/secrets/plinto/") && !mounted(p, path) {
					problems = append(problems, p.of+" has no file for "+e.Name)
				}
			}
		}
	}
	return problems
}

// mounted reports whether a secret is a file of a pod, which its group alone may read.
func mounted(p pod, path string) bool {
	for _, v := range p.Spec.Volumes {
		if v.Projected == nil || v.Projected.DefaultMode == nil || *v.Projected.DefaultMode != 0o440 {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil && slices.ContainsFunc(source.Secret.Items, func(i core.KeyToPath) bool { return i.Path == path }) {
				return true
			}
		}
	}
	return false
}
