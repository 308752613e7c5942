package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/event/mail"
	"plinto/provider/settings"
	"plinto/tenant"
)

func emailTemplateCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("email-template", "Read and change what the emails of a tenant say",
		emailTemplateList(c), emailTemplateShow(c, &t), emailTemplateSet(c, &t), emailTemplatePreview(c, &t))
	t.flag(cmd)
	return cmd
}

func languageFlag(cmd *cobra.Command, language *string) {
	cmd.Flags().StringVar(language, "language", "en", "language of the email: "+strings.Join(mail.Languages(), ", "))
}

func emailTemplateList(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the kinds of emails",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			kinds := append([]string{mail.Shared}, mail.Kinds()...)
			return format.write(c.out, kinds, func(w io.Writer) { fmt.Fprintln(w, strings.Join(kinds, "\n")) })
		},
	}
	format.flag(cmd)
	return cmd
}

// An emailTextRow is how a text of an email is shown.
type emailTextRow struct {
	Part         string   `json:"part"`
	Text         string   `json:"text"`
	Default      string   `json:"default"`
	Source       string   `json:"source"` // "default" or "tenant"
	Placeholders []string `json:"placeholders"`
}

func emailTemplateShow(c *cli, t *tenantFlag) *cobra.Command {
	var language string
	var format output
	cmd := &cobra.Command{
		Use:   "show KIND",
		Short: "Show the texts of an email",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, _ *installation) error {
				all, err := mail.Template(tenant.Must(ctx).Settings.Mail, args[0], language)
				if err != nil {
					return err
				}
				rows := []emailTextRow{}
				for _, text := range all {
					row := emailTextRow{text.Part, text.Shipped, text.Shipped, "default", text.Placeholders}
					if text.Own != "" {
						row.Text, row.Source = text.Own, "tenant"
					}
					rows = append(rows, row)
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "PART\tSOURCE\tTEXT")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\n", r.Part, r.Source, r.Text)
					}
				})
			})
		},
	}
	languageFlag(cmd, &language)
	format.flag(cmd)
	return cmd
}

func emailTemplateSet(c *cli, t *tenantFlag) *cobra.Command {
	var language string
	var given, reset []string
	cmd := &cobra.Command{
		Use:   "set KIND --text PART=TEXT …",
		Short: "Change texts of an email",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := map[string]*string{}
			for _, text := range given {
				part, says, ok := strings.Cut(text, "=")
				if !ok {
					return usageError{fmt.Errorf("--text %q is not PART=TEXT", text)}
				}
				change[part] = &says
			}
			for _, part := range reset {
				change[part] = nil
			}
			if len(change) == 0 {
				return usageError{fmt.Errorf("nothing to change: give --text or --reset")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				_, err := i.Registry.Update(ctx, tenant.Must(ctx).Slug, func(t *tenant.Tenant) error {
					return setTexts(t, args[0], language, change)
				})
				if err != nil {
					return fmt.Errorf("change email %s: %w", args[0], err)
				}
				fmt.Fprintf(c.out, "Email %s is changed.\n", args[0])
				return nil
			})
		},
	}
	languageFlag(cmd, &language)
	cmd.Flags().StringArrayVar(&given, "text", nil, "a part and what it says, like subject=Hello; again for others")
	cmd.Flags().StringSliceVar(&reset, "reset", nil, "parts that get the shipped text again")
	return cmd
}

// setTexts changes texts of an email.
func setTexts(t *tenant.Tenant, kind, language string, change map[string]*string) error {
	unknown, err := mail.Edit(&t.Settings.Mail, kind, language, change)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return usageError{fmt.Errorf("the email %s has no %s", kind, strings.Join(unknown, ", "))}
	}
	if problems := settings.Check(&tenant.Settings{Mail: t.Settings.Mail}); len(problems) > 0 {
		return usageError{fmt.Errorf("%s: %s", strings.Join(problems[0].Path, "."), problems[0].Says)}
	}
	return nil
}

// An emailPreview is an email as it would be sent.
type emailPreview struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

func emailTemplatePreview(c *cli, t *tenantFlag) *cobra.Command {
	var language string
	var html bool
	var format output
	cmd := &cobra.Command{
		Use:   "preview KIND",
		Short: "Show an email as it would be sent, with values of nobody",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, _ *installation) error {
				if _, err := mail.Template(tenant.Must(ctx).Settings.Mail, args[0], language); err != nil {
					return err
				}
				m, err := mail.Preview(ctx, tenant.Must(ctx), args[0], language)
				if err != nil {
					return err
				}
				if format != outputTable {
					return format.write(c.out, emailPreview{m.Subject, m.Text, m.HTML}, nil)
				}
				if html { // as it is: nothing is lined up in it
					fmt.Fprintln(c.out, m.HTML)
					return nil
				}
				fmt.Fprintf(c.out, "Subject: %s\n\n%s", m.Subject, m.Text)
				return nil
			})
		},
	}
	languageFlag(cmd, &language)
	cmd.Flags().BoolVar(&html, "html", false, "the HTML part")
	format.flag(cmd)
	return cmd
}
