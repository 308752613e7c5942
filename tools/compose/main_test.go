package main

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

const ours = "../../deploy/compose/compose.yaml"

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompose_isRight(t *testing.T) {
	t.Parallel()
	if problems := check(project(t)); len(problems) > 0 {
		t.Errorf("%s", strings.Join(problems, "\n"))
	}
}

// Each rule notices what it is about.
func TestCompose_rulesNoticeWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	password := "postgres://plinto:hunter2@postgres/plinto"
	for want, change := range map[string]func(*types.ServiceConfig){
		"may be root":                    func(s *types.ServiceConfig) { s.User = "0:0" },
		"may write to its root":          func(s *types.ServiceConfig) { s.ReadOnly = false },
		"has capabilities":               func(s *types.ServiceConfig) { s.CapAdd = []string{"NET_ADMIN"} },
		"may get new privileges":         func(s *types.ServiceConfig) { s.SecurityOpt = nil },
		"shares what is the machine's":   func(s *types.ServiceConfig) { s.NetworkMode = "host" },
		"has no health check":            func(s *types.ServiceConfig) { s.HealthCheck = nil },
		"has an image without a version": func(s *types.ServiceConfig) { s.Build, s.Image = nil, "redis:latest" },
		"may write to /var/run/docker": func(s *types.ServiceConfig) {
			s.Volumes = []types.ServiceVolumeConfig{{Type: "bind", Source: "/var/run/docker.sock"}}
		},
		"is published on every address": func(s *types.ServiceConfig) { s.Ports = []types.ServicePortConfig{{Published: "8080"}} },
		"has a secret in its":           func(s *types.ServiceConfig) { s.Environment = types.MappingWithEquals{"PLINTO_ENCRYPTION_KEY": nil} },
		"has a password in X":           func(s *types.ServiceConfig) { s.Environment = types.MappingWithEquals{"X": &password} },
		"is built from what is not":     func(s *types.ServiceConfig) { s.Build.Dockerfile = "deploy/Nothing" },
	} {
		p := project(t)
		s := p.Services["plinto"]
		change(&s)
		p.Services["plinto"] = s
		if got := strings.Join(check(p), "\n"); !strings.Contains(got, "plinto "+want) {
			t.Errorf("%s: nobody noticed: %s", want, got)
		}
	}
}
