package flags

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/api"
)

// Filter is the flag --filter. The zero value is none.
type Filter struct {
	Given *api.Filter // nil: none
	All   bool        // it is empty, and so selects everything
}

// Add adds the flag to a command.
func (v *Filter) Add(cmd *cobra.Command) {
	cmd.Flags().Var(v, "filter", `only chunks that this filter selects, as in '{"page": {"$gte": 3}}'`)
}

// Set parses the filter.
func (v *Filter) Set(text string) error {
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		return err
	}
	v.Given, v.All = api.FilterJSON(f.String()), f.IsAll()
	return nil
}

// String returns the filter as JSON.
func (v *Filter) String() string {
	if v.Given == nil {
		return ""
	}
	return v.Given.String()
}

// Type names the kind of value in the help.
func (v *Filter) Type() string { return "json" }
