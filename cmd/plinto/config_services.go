package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Kubernetes gives every container variables about each Service of its namespace, in
// the manner of Docker's links. Those of a Service named plinto, or plinto-something,
// start like ours: PLINTO_PORT=tcp://10.0.0.7:8080, PLINTO_SERVICE_HOST=10.0.0.7.
// They are told from typing errors by name and value together.
var serviceVariables = []struct {
	name *regexp.Regexp // after "PLINTO"
	is   func(value string) bool
}{
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_SERVICE_HOST$`), isAddress},
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_SERVICE_PORT(_[A-Z0-9_]+)?$`), isPort},
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_PORT(_[0-9]+_(TCP|UDP|SCTP))?$`), isServiceURL},
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO$`), isProtocol},
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_PORT_[0-9]+_(TCP|UDP|SCTP)_PORT$`), isPort},
	{regexp.MustCompile(`^(_[A-Z0-9_]+)?_PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR$`), isAddress},
}

// isServiceVariable reports whether Kubernetes set the variable for a Service.
func isServiceVariable(name, value string) bool {
	rest, ours := strings.CutPrefix(name, strings.TrimSuffix(variablePrefix, "_"))
	for _, v := range serviceVariables {
		if ours && v.name.MatchString(rest) && v.is(value) {
			return true
		}
	}
	return false
}

func isAddress(value string) bool {
	_, err := netip.ParseAddr(value)
	return err == nil
}

func isPort(value string) bool {
	_, err := strconv.ParseUint(value, 10, 16)
	return err == nil
}

func isProtocol(value string) bool { return value == "tcp" || value == "udp" || value == "sctp" }

func isServiceURL(value string) bool {
	u, err := url.Parse(value)
	return err == nil && isProtocol(u.Scheme) && isAddress(u.Hostname()) && isPort(u.Port()) && u.Path == "" && u.User == nil
}

// serviceWarning says once that the variables names are not settings.
func serviceWarning(names []string) string {
	shown := strings.Join(names[:min(len(names), 2)], ", ")
	if more := len(names) - 2; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return "ignored: " + shown + ", which Kubernetes sets for a Service named like plinto; enableServiceLinks: false in the specification of the pod keeps them out"
}
