package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// alterFlags are the flags of `memista alter`.
type alterFlags struct {
	set    domain.Settings
	metric string
	about  string
}

func newAlter(g *global) *cobra.Command {
	var f alterFlags
	cmd := &cobra.Command{
		Use:   "alter DATABASE",
		Short: "Change settings of a database",
		Long: "alter changes the settings that are named, all or none. --ttl, --ef-search, --metadata and\n" +
			"--full-text=false take no time. The others need another index, which is made while searches go on\n" +
			"with the old one; alter waits until that is done, and what is interrupted leaves everything as it\n" +
			"was. The dimension of a database cannot be changed.",
		Example: "  memista alter notes --full-text=english --ttl 720h\n  memista alter words --metric cosine --storage f32",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := f.read(cmd)
			if err != nil {
				return err
			}
			return g.with(cmd.Context(), false, func(s store) error { return alter(cmd, s, args[0], a) })
		},
	}
	g.addServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.metric, "metric", "", "ip, cosine or l2")
	fl.StringVar(&f.set.Engine, "engine", "", "engine of the graph; \"\" is the default")
	fl.IntVar(&f.set.M, "m", 0, "links per node of the graph; 0 is the default")
	fl.IntVar(&f.set.EfConstruction, "ef-construction", 0, "beam width while building the graph; 0 is the default")
	fl.IntVar(&f.set.EfSearch, "ef-search", 0, "beam width of searches that bring none; 0 is chosen for good recall")
	fl.StringVar(&f.set.Storage, "storage", "", "codes that the graph walks over: f32, bf16, f16 or i8; \"\" is the default")
	fl.DurationVar(&f.set.TTL, "ttl", 0, "how long chunks live that are stored from now on and do not say so themselves; 0 is forever")
	addFullText(fl, &f.set.FullText)
	fl.StringVar(&f.about, "metadata", "", "a JSON object that is merged into what is known about the database, or null")
	return cmd
}

// read returns what the flags that were given say.
func (f *alterFlags) read(cmd *cobra.Command) (a domain.Alteration, err error) {
	changed := cmd.Flags().Changed
	if changed("metric") {
		m, err := domain.ParseMetric(f.metric)
		if err != nil || f.metric == "" {
			return a, usage("--metric must be ip, cosine or l2")
		}
		a.Metric = &m
	}
	if changed("ttl") && f.set.TTL != 0 && badTTL(f.set.TTL) {
		return a, usage("--ttl must be a whole number of seconds, or 0, got %v", f.set.TTL)
	}
	if changed("metadata") {
		var m domain.Metadata
		if f.about != "null" {
			if m, err = domain.MetadataObject([]byte(f.about)); err != nil {
				return a, usage("--metadata must be a JSON object or null")
			}
		}
		a.Metadata = &m
	}
	given(changed("engine"), &a.Engine, &f.set.Engine)
	given(changed("m"), &a.M, &f.set.M)
	given(changed("ef-construction"), &a.EfConstruction, &f.set.EfConstruction)
	given(changed("ef-search"), &a.EfSearch, &f.set.EfSearch)
	given(changed("storage"), &a.Storage, &f.set.Storage)
	given(changed("ttl"), &a.TTL, &f.set.TTL)
	given(changed("full-text"), &a.FullText, &f.set.FullText)
	if a == (domain.Alteration{}) {
		return a, usage("give at least one setting to change")
	}
	return a, nil
}

func given[T any](is bool, to **T, v *T) {
	if is {
		*to = v
	}
}

func alter(cmd *cobra.Command, s store, database string, a domain.Alteration) error {
	j, err := s.api().StartUpdate(cmd.Context(), database, update(a))
	if err == nil && j != nil {
		_, err = await(cmd, s.api(), *j)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "database %q is altered\n", database)
	return nil
}

// update returns a as library and client take it.
func update(a domain.Alteration) api.Update {
	u := api.Update{
		Metric: (*api.Metric)(a.Metric), Engine: a.Engine, M: a.M, EfConstruction: a.EfConstruction, EfSearch: a.EfSearch,
		Storage: a.Storage, TTL: a.TTL, FullText: (*api.Tokenizer)(a.FullText),
	}
	if a.Metadata != nil {
		u.Metadata = toMeta(*a.Metadata)
	}
	return u
}
