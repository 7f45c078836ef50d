package models

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
)

// listed is a model as list --json has it.
type listed struct {
	Name        string `json:"name"`
	Provider    string `json:"provider"`
	Dims        int    `json:"dimensions"`
	Words       int    `json:"words"`
	Bytes       int64  `json:"bytes"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Source      string `json:"source,omitempty"`
	Licence     string `json:"licence,omitempty"`
	Problem     string `json:"problem,omitempty"`
}

func newList(a *store.Access) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the static models",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			models, err := folder(a)
			if err != nil {
				return err
			}
			all, err := models.List()
			if err != nil {
				return err
			}
			if asJSON {
				for _, m := range all {
					row := listed{m.Name, m.Provider, m.Dims, m.Tokens, m.Bytes, m.Fingerprint, m.Source, m.Licence, m.Problem}
					if err := output.JSON(cmd.OutOrStdout(), row); err != nil {
						return err
					}
				}
				return nil
			}
			return table(cmd, all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object per line")
	return cmd
}

func table(cmd *cobra.Command, all []modeldir.Info) error {
	w := output.Table(cmd.OutOrStdout())
	fmt.Fprintln(w, "MODEL\tDIMS\tWORDS\tSIZE\tLICENCE\tSOURCE")
	for _, m := range all {
		if m.Problem != "" {
			fmt.Fprintf(w, "%s\t\t\t\t\t%s\n", m.Provider+"/"+m.Name, output.OneLine("cannot be used: "+m.Problem))
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", m.Provider+"/"+m.Name, m.Dims, m.Tokens,
			humanize.IBytes(uint64(m.Bytes)), output.OneLine(licence(m)), output.OneLine(m.Source))
	}
	return w.Flush()
}
