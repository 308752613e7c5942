package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"plinto/internal/brand"
	"plinto/organization"
	"plinto/tenant"
)

// brandFlags are what pages look like.
type brandFlags struct {
	lightPrimary, lightAccent, darkPrimary, darkAccent, radius, font, logo, logoDark string
}

func (f *brandFlags) flags(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.lightPrimary, "primary", "", `color of buttons such as "#3b5bdb"; "" for none of its own, here and below`)
	s.StringVar(&f.lightAccent, "accent", "", "color of links")
	s.StringVar(&f.darkPrimary, "dark-primary", "", "color of buttons on dark pages")
	s.StringVar(&f.darkAccent, "dark-accent", "", "color of links on dark pages")
	s.StringVar(&f.radius, "radius", "", "corners: none, small, medium, large, or from 0px to 24px")
	s.StringVar(&f.font, "font", "", "font: system, serif, rounded, humanist")
	s.StringVar(&f.logo, "logo", "", "a PNG or JPEG file")
	s.StringVar(&f.logoDark, "dark-logo", "", "a PNG or JPEG file for dark pages")
}

// given reports whether anything is to change.
func (f *brandFlags) given(cmd *cobra.Command) bool {
	for _, name := range []string{"primary", "accent", "dark-primary", "dark-accent", "radius", "font", "logo", "dark-logo"} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// drawn draws the logos that were given, and names them by their hashes.
func (f *brandFlags) drawn() (logos []brand.Logo, err error) {
	for _, name := range []*string{&f.logo, &f.logoDark} {
		if *name == "" {
			continue
		}
		logo, err := drawFile(*name)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %w", *name, err)}
		}
		*name, logos = logo.Hash, append(logos, logo)
	}
	return logos, nil
}

// drawFile draws the picture of a file.
func drawFile(name string) (brand.Logo, error) {
	in, err := os.Open(name)
	if err != nil {
		return brand.Logo{}, fmt.Errorf("cannot be read: %w", err)
	}
	defer in.Close()
	file, err := io.ReadAll(io.LimitReader(in, brand.MaxLogoBytes+1))
	if err != nil {
		return brand.Logo{}, fmt.Errorf("cannot be read: %w", err)
	}
	return brand.DrawLogo(file)
}

// set writes what was given, after drawn.
func (f *brandFlags) set(cmd *cobra.Command, light, dark *brand.Colors, radius, font, logo, logoDark *string) {
	for name, value := range map[string]struct {
		to   *string
		from string
	}{
		"primary": {&light.Primary, f.lightPrimary}, "accent": {&light.Accent, f.lightAccent},
		"dark-primary": {&dark.Primary, f.darkPrimary}, "dark-accent": {&dark.Accent, f.darkAccent},
		"radius": {radius, f.radius}, "font": {font, f.font}, "logo": {logo, f.logo}, "dark-logo": {logoDark, f.logoDark},
	} {
		if cmd.Flags().Changed(name) {
			*value.to = value.from
		}
	}
}

// A brandRow is one value of a branding, and whose it is.
type brandRow struct {
	Name   string              `json:"name"`
	Value  string              `json:"value"`
	Source organization.Source `json:"source"`
}

func orgBranding(c *cli, t *tenantFlag) *cobra.Command {
	var f brandFlags
	var format output
	cmd := &cobra.Command{
		Use:   "branding ORGANIZATION",
		Short: "Show how pages of an organization look, or change what is given",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			logos, err := f.drawn()
			if err != nil {
				return err
			}
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				if f.given(cmd) {
					o, err = i.Organizations.EditBranding(ctx, o.ID, func(o *organization.Organization) error {
						b := &o.Branding
						f.set(cmd, &b.Light, &b.Dark, &b.Radius, &b.Font, &b.Logo, &b.LogoDark)
						return nil
					}, logos...)
					if err != nil {
						return err
					}
				}
				rows := brandRows(&o.Branding, &tenant.Must(ctx).Settings.Branding)
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "NAME\tVALUE\tSOURCE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, cmp.Or(r.Value, "-"), r.Source)
					}
				})
			})
		},
	}
	f.flags(cmd)
	format.flag(cmd)
	return cmd
}

func brandRows(b *organization.Branding, of *tenant.Branding) []brandRow {
	e := b.Effective(of)
	row := func(name string, v organization.Value[string]) brandRow { return brandRow{name, v.Value, v.Source} }
	return []brandRow{
		row("light.primary", e.LightPrimary), row("light.accent", e.LightAccent), row("dark.primary", e.DarkPrimary), row("dark.accent", e.DarkAccent),
		row("radius", e.Radius), row("font", e.Font), row("logo", e.Logo), row("logo_dark", e.LogoDark),
	}
}
