package chunks

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
)

// groupFlags are the flags of `memista search` that ask for groups.
type groupFlags struct {
	by           string
	groups, size int
}

func (g *groupFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&g.by, "group-by", "", "print the best chunks of each of the best values of this field of the metadata")
	fl.IntVar(&g.groups, "groups", 10, "with --group-by, how many values")
	fl.IntVar(&g.size, "group-size", 3, "with --group-by, how many chunks of each")
}

// check refuses flags that groups do not go with.
func (g *groupFlags) check(changed func(string) bool) error {
	if g.by == "" {
		if changed("group-by") {
			return flags.Usage("--group-by cannot be empty")
		}
		if changed("groups") || changed("group-size") {
			return flags.Usage("--groups and --group-size need --group-by")
		}
		return nil
	}
	if g.groups < 1 || g.size < 1 { // 0 would stand for the default
		return flags.Usage("--groups and --group-size must be at least 1")
	}
	for _, name := range []string{"num-results", "offset", "rerank", "diversity", "explain"} {
		if changed(name) {
			return flags.Usage("--%s is for a search without --group-by", name)
		}
	}
	return nil
}

// print prints the groups of q.
func (g *groupFlags) print(cmd *cobra.Command, d *api.Database, q api.Query, asJSON bool) error {
	q.K = 0
	found, err := d.SearchGroups(cmd.Context(), q, g.by, &api.GroupsOptions{Groups: g.groups, Size: g.size})
	if err != nil {
		return err
	}
	for i := range found {
		if err := printGroup(cmd.OutOrStdout(), &found[i], asJSON); err != nil {
			return err
		}
	}
	return nil
}

// printGroup prints the value of a group, as JSON, and below it a line per hit; or one JSON object.
func printGroup(out io.Writer, g *api.Group, asJSON bool) error {
	value, err := json.Marshal(g.Value)
	if err != nil { // an infinity
		value = fmt.Appendf(nil, "%q", fmt.Sprint(g.Value))
	}
	if !asJSON {
		fmt.Fprintf(out, "%s\n", value)
		return printHits(out, g.Hits, false)
	}
	hits := make([]hit, len(g.Hits))
	for i := range g.Hits {
		hits[i] = hitOf(&g.Hits[i])
	}
	return output.JSON(out, struct {
		Value json.RawMessage `json:"value"`
		Hits  []hit           `json:"hits"`
	}{value, hits})
}
