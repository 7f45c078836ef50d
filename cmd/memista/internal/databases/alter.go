package databases

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// alterFlags are the flags of `memista alter`.
type alterFlags struct {
	set      api.Settings
	metadata string
}

func newAlter(a *store.Access) *cobra.Command {
	var f alterFlags
	cmd := &cobra.Command{
		Use:   "alter DATABASE",
		Short: "Change settings of a database",
		Long: "alter changes the settings that are named, all or none. --ttl, --ef-search, --target-recall,\n" +
			"--metadata, --optional-embeddings and --full-text=false take no time. The others need another index, which is\n" +
			"made while searches go on with the old one; alter waits until that is done, and what is interrupted\n" +
			"leaves everything as it was. The dimension of a database cannot be changed.",
		Example: "  memista alter notes --full-text=english --ttl 720h\n  memista alter words --metric cosine --storage f32",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := f.read(cmd)
			if err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error { return alter(cmd, s, args[0], u) })
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.StringVar((*string)(&f.set.Metric), "metric", "", "ip, cosine or l2")
	fl.StringVar(&f.set.Engine, "engine", "", "engine of the graph; \"\" is the default")
	fl.IntVar(&f.set.M, "m", 0, "links per node of the graph; 0 is the default")
	fl.IntVar(&f.set.EfConstruction, "ef-construction", 0, "beam width while building the graph; 0 is the default")
	flags.AddTargetRecall(fl, &f.set.TargetRecall)
	fl.IntVar(&f.set.EfSearch, "ef-search", 0, "beam width of searches that bring none; 0 is chosen for good recall")
	fl.StringVar(&f.set.Storage, "storage", "", "codes that the graph walks over: f32, bf16, f16 or i8; \"\" is the default")
	fl.DurationVar(&f.set.TTL, "ttl", 0, "how long chunks live that are stored from now on and do not say so themselves; 0 is forever")
	flags.AddFullText(fl, &f.set.FullText)
	flags.AddOptionalEmbeddings(fl, &f.set.OptionalEmbeddings)
	flags.AddSparse(fl, &f.set.Sparse)
	fl.StringVar(&f.metadata, "metadata", "", "a JSON object that is merged into what is known about the database, or null")
	return cmd
}

// read returns what the flags that were given say.
func (f *alterFlags) read(cmd *cobra.Command) (u api.Update, err error) {
	changed := cmd.Flags().Changed
	if _, err := domain.ParseMetric(string(f.set.Metric)); changed("metric") && (err != nil || f.set.Metric == "") {
		return u, flags.Usage("--metric must be ip, cosine or l2")
	}
	if f.set.TTL != 0 && flags.BadTTL(f.set.TTL) {
		return u, flags.Usage("--ttl must be a whole number of seconds, or 0, got %v", f.set.TTL)
	}
	if changed("metadata") {
		var ok bool
		if u.Metadata, ok = flags.Metadata(f.metadata); !ok || strings.HasPrefix(u.Metadata.String(), `"`) {
			return u, flags.Usage("--metadata must be a JSON object or null")
		}
	}
	given(changed("metric"), &u.Metric, &f.set.Metric)
	given(changed("engine"), &u.Engine, &f.set.Engine)
	given(changed("m"), &u.M, &f.set.M)
	given(changed("ef-construction"), &u.EfConstruction, &f.set.EfConstruction)
	given(changed("ef-search"), &u.EfSearch, &f.set.EfSearch)
	given(changed("target-recall"), &u.TargetRecall, &f.set.TargetRecall)
	given(changed("storage"), &u.Storage, &f.set.Storage)
	given(changed("ttl"), &u.TTL, &f.set.TTL)
	given(changed("full-text"), &u.FullText, &f.set.FullText)
	given(changed("optional-embeddings"), &u.OptionalEmbeddings, &f.set.OptionalEmbeddings)
	u.Sparse = f.set.Sparse
	if reflect.ValueOf(u).IsZero() {
		return u, flags.Usage("give at least one setting to change")
	}
	return u, nil
}

func given[T any](is bool, to **T, v *T) {
	if is {
		*to = v
	}
}

func alter(cmd *cobra.Command, s *store.Store, database string, u api.Update) error {
	j, err := s.StartUpdate(cmd.Context(), database, u)
	if err == nil && j != nil {
		_, err = await(cmd, s, *j, cancel)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "database %q is altered\n", database)
	return nil
}
