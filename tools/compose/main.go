// Command compose checks the compose file, by the library that Docker Compose itself reads it with, and by
// rules of ours: no container is root, has capabilities, gets more, or has a root file system that can be
// written to; secrets are files; what is published is published on loopback.
//
//	go -C tools/compose run . ../../deploy/compose/compose.yaml
package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "compose: want the name of a compose file")
		os.Exit(2)
	}
	project, err := load(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
	problems := check(project)
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, "compose:", p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	fmt.Fprintf(os.Stdout, "compose: %s is right: %s\n", os.Args[1], strings.Join(project.ServiceNames(), ", "))
}

// load reads a file as `docker compose config` does, with nothing set in the environment.
func load(ctx context.Context, name string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{name}, cli.WithInterpolation(true), cli.WithResolvedPaths(true), cli.WithConsistency(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(ctx)
}

// check returns what is wrong with a project.
func check(project *types.Project) (problems []string) {
	for _, name := range project.ServiceNames() {
		s, err := project.GetService(name)
		if err != nil {
			return append(problems, err.Error())
		}
		for _, p := range checkService(s) {
			problems = append(problems, name+" "+p)
		}
	}
	return append(problems, checkFiles(project)...)
}

var (
	pinned = regexp.MustCompile(`:v?[0-9]+\.[0-9]`)
	// secretName matches variables that hold secrets; those that name a file end with FILE.
	secretName = regexp.MustCompile(`(?i)(password|secret|token|_key|database_url)$`)
)

func checkService(s types.ServiceConfig) (problems []string) {
	want := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	user, _, _ := strings.Cut(s.User, ":")
	want(user != "" && user != "0" && user != "root", "may be root: it has no user")
	want(s.ReadOnly, "may write to its root file system")
	want(slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0, "has capabilities")
	want(slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "may get new privileges")
	want(!s.Privileged && s.NetworkMode == "" && s.Pid == "" && s.Ipc == "", "shares what is the machine's")
	want(s.Restart == "no" || s.HealthCheck != nil && len(s.HealthCheck.Test) > 1, "has no health check")
	want(s.Build != nil || pinned.MatchString(s.Image), "has an image without a version: "+s.Image)
	for _, v := range s.Volumes {
		want(v.Type == types.VolumeTypeVolume || v.ReadOnly, "may write to "+v.Source)
	}
	for _, p := range s.Ports {
		want(p.HostIP == "127.0.0.1", "is published on every address: "+p.Published)
	}
	for variable, value := range s.Environment {
		want(!secretName.MatchString(variable), "has a secret in its environment: "+variable)
		want(value == nil || !regexp.MustCompile(`://[^/@]*:[^/@]*@`).MatchString(*value), "has a password in "+variable)
	}
	return problems
}

// checkFiles looks whether what the file mounts is there, and whether what is secret comes from a file.
func checkFiles(project *types.Project) (problems []string) {
	for name, s := range project.Secrets {
		if s.File == "" {
			problems = append(problems, "the secret "+name+" is no file")
		}
	}
	for _, s := range project.Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				problems = append(problems, s.Name+" mounts what is not there: "+err.Error())
			}
		}
		if s.Build != nil {
			if _, err := os.Stat(s.Build.Context + "/" + s.Build.Dockerfile); err != nil {
				problems = append(problems, s.Name+" is built from what is not there: "+err.Error())
			}
		}
	}
	return problems
}
