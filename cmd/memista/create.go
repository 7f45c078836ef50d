package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/memista/memista/internal/domain"
)

func newCreate(g *global) *cobra.Command {
	var set domain.Settings
	var metric, about string
	cmd := &cobra.Command{
		Use:   "create DATABASE",
		Short: "Make a database with other than default settings",
		Long: "create makes an empty database. The first insert makes one, too, with the dimension of its first\n" +
			"embedding and default settings. One that exists with the same settings is left as it is; with\n" +
			"others it is an error.",
		Example: "  memista create words --metric cosine --dims 384\n  memista create notes --full-text=english --ttl 720h --metadata '{\"model\": \"all-MiniLM-L6-v2\"}'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := domain.CheckID(args[0]); err != nil {
				return usageError{err}
			}
			m, err := domain.ParseMetric(metric)
			if err != nil {
				return usageError{err}
			}
			set.Metric = m
			if set.TTL != 0 && badTTL(set.TTL) {
				return usage("--ttl must be a whole number of seconds, at least 1s, got %v", set.TTL)
			}
			if about != "" {
				if set.Metadata, err = domain.MetadataObject([]byte(about)); err != nil {
					return usage("--metadata must be a JSON object")
				}
			}
			return g.with(cmd.Context(), true, func(s store) error {
				if err := s.Create(cmd.Context(), args[0], set); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "database %q is there\n", args[0])
				return nil
			})
		},
	}
	g.addServer(cmd)
	fl := cmd.Flags()
	fl.IntVar(&set.Dims, "dims", 0, "components of each embedding (as the first one stored)")
	fl.StringVar(&metric, "metric", "", "ip, cosine or l2 (cosine)")
	fl.IntVar(&set.M, "m", 0, "links per node of the graph")
	fl.IntVar(&set.EfConstruction, "ef-construction", 0, "beam width while building the graph")
	fl.IntVar(&set.EfSearch, "ef-search", 0, "beam width of searches that bring none")
	fl.StringVar(&set.Storage, "storage", "", "codes that the graph walks over: f32, bf16, f16 or i8")
	fl.DurationVar(&set.TTL, "ttl", 0, "how long chunks live that do not say so themselves, such as 24h (forever)")
	addFullText(fl, &set.FullText)
	fl.StringVar(&about, "metadata", "", "a JSON object about the database")
	return cmd
}

// addFullText adds the flag that says how texts are indexed; without a value it is words.
func addFullText(fl *pflag.FlagSet, t *domain.Tokenizer) {
	fl.Var((*tokenizerFlag)(t), "full-text", "index the texts: words (if nothing is said), english or trigram")
	fl.Lookup("full-text").NoOptDefVal = string(domain.Words)
}

// tokenizerFlag is a domain.Tokenizer as a flag.
type tokenizerFlag domain.Tokenizer

// String implements pflag.Value.
func (t *tokenizerFlag) String() string { return string(*t) }

// Type implements pflag.Value.
func (t *tokenizerFlag) Type() string { return "tokenizer" }

// Set implements pflag.Value. It takes true and false too, as for a flag without a value.
func (t *tokenizerFlag) Set(name string) error {
	switch name {
	case "true":
		name = string(domain.Words)
	case "false":
		name = ""
	}
	known, err := domain.ParseTokenizer(name)
	*t = tokenizerFlag(known)
	return err
}
