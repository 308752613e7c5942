package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// objects are those of one rendering, by their types.
type objects struct {
	all         []runtime.Object
	deployments []*apps.Deployment
	jobs        []*batch.Job
	services    []*core.Service
	accounts    []*core.ServiceAccount
	scalers     []*autoscaling.HorizontalPodAutoscaler
	budgets     []*policy.PodDisruptionBudget
	networks    []*networking.NetworkPolicy
	ingresses   []*networking.Ingress
	routes      []*gateway.HTTPRoute
	monitors    []*monitoring.ServiceMonitor
	alerts      []*monitoring.PrometheusRule
	maps        []*core.ConfigMap
}

// decode reads documents of YAML strictly: members that a type does not have, and members given twice, are
// errors.
func decode(text []byte) (*objects, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		apps.AddToScheme, autoscaling.AddToScheme, batch.AddToScheme, core.AddToScheme, networking.AddToScheme, policy.AddToScheme,
		gateway.Install, monitoring.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	o := &objects{}
	for documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if blank(document) {
			continue
		}
		object, _, err := strict.Decode(document, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("%w in\n%.300s", err, document)
		}
		if err := o.add(object); err != nil {
			return nil, err
		}
	}
	if len(o.all) == 0 {
		return nil, errors.New("no objects")
	}
	return o, nil
}

// blank reports whether a document has comments only.
func blank(document []byte) bool {
	for line := range strings.Lines(string(document)) {
		if line = strings.TrimSpace(line); line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

func (o *objects) add(object runtime.Object) error {
	o.all = append(o.all, object)
	switch x := object.(type) {
	case *apps.Deployment:
		o.deployments = append(o.deployments, x)
	case *batch.Job:
		o.jobs = append(o.jobs, x)
	case *core.Service:
		o.services = append(o.services, x)
	case *core.ServiceAccount:
		o.accounts = append(o.accounts, x)
	case *autoscaling.HorizontalPodAutoscaler:
		o.scalers = append(o.scalers, x)
	case *policy.PodDisruptionBudget:
		o.budgets = append(o.budgets, x)
	case *networking.NetworkPolicy:
		o.networks = append(o.networks, x)
	case *networking.Ingress:
		o.ingresses = append(o.ingresses, x)
	case *gateway.HTTPRoute:
		o.routes = append(o.routes, x)
	case *monitoring.ServiceMonitor:
		o.monitors = append(o.monitors, x)
	case *monitoring.PrometheusRule:
		o.alerts = append(o.alerts, x)
	case *core.ConfigMap:
		o.maps = append(o.maps, x)
	default:
		return fmt.Errorf("nobody expects a %T", object)
	}
	return nil
}

// kinds counts the objects.
func (o *objects) kinds() string {
	n := map[string]int{}
	for _, object := range o.all {
		n[object.GetObjectKind().GroupVersionKind().Kind]++
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[kind], kind))
	}
	return strings.Join(parts, ", ")
}

// A pod is a template with the name of what makes pods of it.
type pod struct {
	of string
	*core.PodTemplateSpec
}

func (o *objects) pods() (all []pod) {
	for _, d := range o.deployments {
		all = append(all, pod{"deployment " + d.Name, &d.Spec.Template})
	}
	for _, j := range o.jobs {
		all = append(all, pod{"job " + j.Name, &j.Spec.Template})
	}
	return all
}

// selects reports whether a selector is of labels.
func selects(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}

// matching returns the pods of a selector.
func (o *objects) matching(selector *meta.LabelSelector) (found []pod) {
	for _, p := range o.pods() {
		if selector != nil && len(selector.MatchExpressions) == 0 && selects(selector.MatchLabels, p.Labels) {
			found = append(found, p)
		}
	}
	return found
}
