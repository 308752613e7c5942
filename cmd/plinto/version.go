package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A Version says what this binary was built from.
type Version struct {
	Version  string `json:"version" yaml:"version"`                   // of the module; "(devel)" of a working copy
	Commit   string `json:"commit,omitempty" yaml:"commit,omitempty"` // of git
	Time     string `json:"time,omitempty" yaml:"time,omitempty"`     // of the commit, RFC 3339
	Modified bool   `json:"modified,omitempty" yaml:"modified,omitempty"`
	Go       string `json:"go" yaml:"go"`
	Fosite   string `json:"fosite" yaml:"fosite"`
}

// BuildVersion reads the version that the Go tool put into the binary.
func BuildVersion() Version {
	v := Version{Version: "unknown", Go: "unknown", Fosite: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/ory/fosite" {
			v.Fosite = dep.Version
		}
	}
	return v
}

func versionCommand(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show what this binary was built from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := BuildVersion()
			return format.write(c.out, v, func(w io.Writer) {
				fmt.Fprintf(w, "version\t%s\n", v.Version)
				if v.Commit != "" {
					changed := ""
					if v.Modified {
						changed = " with changes"
					}
					fmt.Fprintf(w, "commit\t%s%s\n", v.Commit, changed)
				}
				fmt.Fprintf(w, "go\t%s\nfosite\t%s\n", v.Go, v.Fosite)
			})
		},
	}
	format.flag(cmd)
	return cmd
}
