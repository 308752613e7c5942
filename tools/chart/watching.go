package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// job is what alerts and the dashboard call what Prometheus scrapes.
const job = "plinto"

// checkWatching looks whether Prometheus finds metrics, by the job that alerts ask for, and may reach them,
// and whether alerts and the dashboard are there.
func (o *objects) checkWatching() (problems []string) {
	for _, m := range o.monitors {
		i := slices.IndexFunc(o.services, func(s *core.Service) bool { return selects(m.Spec.Selector.MatchLabels, s.Labels) })
		if i < 0 || len(m.Spec.Endpoints) != 1 || m.Spec.Endpoints[0].Port != o.services[i].Spec.Ports[0].Name {
			problems = append(problems, "the service monitor "+m.Name+" finds no service")
			continue
		}
		if name := o.services[i].Labels[m.Spec.JobLabel]; name != job {
			problems = append(problems, fmt.Sprintf("the service monitor %s makes the job %q, alerts are of %q", m.Name, name, job))
		}
		if !slices.ContainsFunc(o.networks, letsScrape) {
			problems = append(problems, "the service monitor "+m.Name+" is let in by no network policy")
		}
	}
	for _, a := range o.alerts {
		n := 0
		for _, group := range a.Spec.Groups {
			for _, rule := range group.Rules {
				n++
				if rule.Alert == "" || !strings.Contains(rule.Expr.String(), `job="`+job+`"`) {
					problems = append(problems, fmt.Sprintf("the alert %q is not of the job %q", rule.Alert, job))
				}
			}
		}
		if n == 0 {
			problems = append(problems, "there are no alerts in "+a.Name)
		}
	}
	for _, m := range o.maps {
		var dashboard struct {
			UID    string `json:"uid"`
			Panels []any  `json:"panels"`
		}
		if err := json.Unmarshal([]byte(m.Data["plinto.json"]), &dashboard); err != nil || dashboard.UID == "" || len(dashboard.Panels) == 0 {
			problems = append(problems, m.Name+" has no dashboard")
		}
	}
	return problems
}

// letsScrape reports whether somebody, and not everybody, may reach the operations listener.
func letsScrape(n *networking.NetworkPolicy) bool {
	return slices.ContainsFunc(n.Spec.Ingress, func(rule networking.NetworkPolicyIngressRule) bool {
		return len(rule.From) > 0 && slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool {
			return p.Port != nil && *p.Port == intstr.FromString("operations")
		})
	})
}
