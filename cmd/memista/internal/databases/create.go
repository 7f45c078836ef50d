package databases

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

func newCreate(a *store.Access) *cobra.Command {
	var set api.Settings
	var about, embedder string
	cmd := &cobra.Command{
		Use:   "create DATABASE",
		Short: "Make a database with other than default settings",
		Long: "create makes an empty database. The first insert makes one, too, with the dimension of its first\n" +
			"embedding and default settings. One that exists with the same settings is left as it is; with\n" +
			"others it is an error.",
		Example: "  memista create words --metric cosine --dims 384\n  memista create notes --full-text=english --ttl 720h --metadata '{\"model\": \"all-MiniLM-L6-v2\"}'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.CheckDatabase(args[0]); err != nil {
				return err
			}
			m, err := domain.ParseMetric(string(set.Metric))
			if err != nil {
				return flags.UsageError{Err: err}
			}
			set.Metric = api.Metric(m)
			if set.TTL != 0 && flags.BadTTL(set.TTL) {
				return flags.Usage("--ttl must be a whole number of seconds, at least 1s, got %v", set.TTL)
			}
			if about != "" {
				var ok bool
				if set.Metadata, ok = flags.Object(about); !ok {
					return flags.Usage("--metadata must be a JSON object")
				}
			}
			ref, err := domain.ParseNewEmbedder(embedder)
			if err != nil {
				return flags.UsageError{Err: err}
			}
			set.Embedder = api.Embedder{Provider: ref.Provider, Model: ref.Model}
			set.Engine = flags.Engine(cmd)
			return a.WithNew(cmd, func(s *store.Store) error {
				if _, err := s.Create(cmd.Context(), args[0], &set); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "database %q is there\n", args[0])
				return nil
			})
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.IntVar(&set.Dims, "dims", 0, "components of each embedding (as the first one stored)")
	fl.StringVar((*string)(&set.Metric), "metric", "", "ip, cosine or l2 (cosine)")
	fl.IntVar(&set.M, "m", 0, "links per node of the graph")
	fl.IntVar(&set.EfConstruction, "ef-construction", 0, "beam width while building the graph")
	flags.AddTargetRecall(fl, &set.TargetRecall)
	fl.IntVar(&set.EfSearch, "ef-search", 0, "beam width of searches that bring none")
	fl.StringVar(&set.Storage, "storage", "", "codes that the graph walks over: f32, bf16, f16 or i8")
	fl.DurationVar(&set.TTL, "ttl", 0, "how long chunks live that do not say so themselves, such as 24h (forever)")
	flags.AddFullText(fl, &set.FullText)
	flags.AddSparse(fl, &set.Sparse)
	flags.AddVectors(fl, "vector", &set.Vectors)
	fl.StringVar(&embedder, "embedder", "", "what makes embeddings of texts, as provider/model, such as static/glove, or default, as the settings say")
	flags.AddOptionalEmbeddings(fl, &set.OptionalEmbeddings)
	fl.StringVar(&about, "metadata", "", "a JSON object about the database")
	return cmd
}
