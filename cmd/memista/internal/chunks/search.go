package chunks

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// searchFlags are the flags of `memista search`.
type searchFlags struct {
	query         api.Query
	fusion        api.Fusion // with words and a vector
	minScore      float32
	explain, json bool

	vectorWeight, textWeight float64
	sparseWeight             float64
	sparse                   string
	rerank                   int
	diversity                float64
	filter                   flags.Filter
	groups                   groupFlags
}

func newSearch(a *store.Access) *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search DATABASE [VECTOR]",
		Short: "Find the chunks nearest to a vector or a stored chunk, or by their words",
		Long: "search prints the nearest chunks, best first: score, id and text. The vector is a JSON array or\n" +
			"numbers, as arguments (after -- if one is negative) or, with -, from the standard input; or it is\n" +
			"that of the stored chunk named by --like or --key, which is then left out. With --text chunks are\n" +
			"found by their words, alone or together with a vector, in a database that was created with full\n" +
			"text: --fusion says how both lists become one. In a database with an embedder --near finds chunks by\n" +
			"what a text means, and --hybrid by that and by its words. With --sparse chunks are found by a sparse\n" +
			"vector that the database declares, alone or as one more list.",
		Example: "  memista search my_app 0.1 0.2\n  memista search my_app '[0.1, -0.2]' -k 10 --offset 10\n  echo 0.1 -0.2 | memista search my_app -\n" +
			"  memista search my_app --like 17 --explain\n  memista search my_app --text 'red \"house cat\"'\n" +
			"  memista search my_app --text cat --fusion weighted --vector-weight 0.7 --text-weight 0.3 0.1 0.2\n" +
			"  memista search my_app 0.1 0.2 --group-by source",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(cmd, args[1:]); err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error { return f.search(cmd, s.Database(args[0])) })
		},
	}
	a.AddServer(cmd)
	f.add(cmd)
	return cmd
}

func (f *searchFlags) add(cmd *cobra.Command) {
	fl, q := cmd.Flags(), &f.query
	fl.IntVarP(&q.K, "num-results", "k", 5, "how many chunks")
	fl.IntVar(&q.Offset, "offset", 0, "how many of the nearest to pass over")
	fl.Int64Var(&q.ChunkID, "like", 0, "search for the vector of the chunk with this id")
	fl.StringVar(&q.Key, "key", "", "search for the vector of the chunk with this key")
	fl.StringVar(&q.NearText, "near", "", "a text whose meaning to search for, in a database with an embedder")
	fl.StringVar(&q.Hybrid, "hybrid", "", "a text to search for by its meaning and by its words")
	fl.StringVar(&q.Text, "text", "", "words to look for; \"a phrase\" in quotes, any ending with wor*")
	fl.StringVar(&f.sparse, "sparse", "", "sparse vector to search for: a JSON object with name, indices and values")
	fl.StringVar(&q.Using, "using", "", "the named vectors among which to look for the vector, or for that of the stored chunk")
	fl.BoolVar(&q.AllWords, "all-words", false, "only chunks with all words of --text")
	fl.StringVar((*string)(&f.fusion.Method), "fusion", string(api.ReciprocalRank), "how the lists by vector and by words become one: rrf (by rank) or weighted (by score); --hybrid without this and the weights goes by scores as fits the model")
	fl.IntVar(&f.fusion.RankConstant, "rank-constant", domain.DefaultRankConstant, "constant of rrf")
	fl.Float64Var(&f.vectorWeight, "vector-weight", 1, "weight of the list by vector; 0 leaves out what only it has")
	fl.Float64Var(&f.textWeight, "text-weight", 1, "weight of the list by words; 0 leaves out what only it has")
	fl.Float64Var(&f.sparseWeight, "sparse-weight", 1, "weight of the list by sparse vector; 0 leaves out what only it has")
	fl.IntVar(&f.fusion.Candidates, "candidates", domain.DefaultCandidates, "how many are taken from each list at least")
	addRerank(cmd, &f.rerank)
	fl.Float64Var(&f.diversity, "diversity", 0, "have hits differ from each other, from 0, nothing but relevance, to 1, in a search without words")
	f.groups.add(cmd)
	f.filter.Add(cmd)
	fl.Float32Var(&f.minScore, "min-score", 0, "leave out chunks that score less")
	fl.IntVar(&q.Ef, "ef", 0, "beam width of the walk over the graph; 0 is chosen for good recall")
	fl.BoolVar(&q.Exact, "exact", false, "compare with every vector")
	fl.BoolVar(&f.explain, "explain", false, "print how the search was answered, too")
	fl.BoolVar(&f.json, "json", false, "print one JSON object per hit")
}

// fusionFlags mean nothing without two of words, a vector and a sparse vector.
var fusionFlags = []string{"fusion", "rank-constant", "vector-weight", "text-weight", "sparse-weight", "candidates"}

// read completes the query, with the vector in numbers if there are any.
func (f *searchFlags) read(cmd *cobra.Command, numbers []string) error {
	q := &f.query
	changed := cmd.Flags().Changed
	named := 0
	for _, is := range []bool{len(numbers) > 0, changed("like"), changed("key"), changed("near"), changed("hybrid")} {
		if is {
			named++
		}
	}
	switch {
	case named > 1:
		return flags.Usage("give one of a vector, --like, --key, --near and --hybrid")
	case named == 0 && q.Text == "" && f.sparse == "":
		return flags.Usage("give a vector, --like, --key, --near, --hybrid, --text or --sparse")
	case changed("near") && q.NearText == "" || changed("hybrid") && q.Hybrid == "":
		return flags.Usage("--near and --hybrid cannot be empty")
	case changed("using") && (q.Using == "" || named == 0 || changed("near") || changed("hybrid")):
		return flags.Usage("--using is for a search with a vector, --like or --key")
	case changed("like") && q.ChunkID < 1:
		return flags.Usage("--like must be the id of a chunk, from 1 on")
	case changed("key") && q.Key == "":
		return flags.Usage("--key cannot be empty")
	case q.AllWords && q.Text == "":
		return flags.Usage("--all-words is for --text")
	case q.K == 0: // which would stand for the default
		return flags.Usage("--num-results must be at least 1")
	}
	if err := f.groups.check(changed); err != nil {
		return err
	}
	if err := f.readFusion(changed, named > 0); err != nil {
		return err
	}
	if changed("rerank") {
		if q.Text == "" && q.NearText == "" && q.Hybrid == "" {
			return flags.Usage("--rerank is for a search with --text, --near or --hybrid")
		}
		var err error
		if q.Rerank, err = rerankOf(f.rerank); err != nil {
			return err
		}
	}
	if changed("diversity") {
		if q.Text != "" || q.Hybrid != "" || q.Rerank != nil {
			return flags.Usage("--diversity is for a search without --text, --hybrid and --rerank")
		}
		q.MMR = &api.MMR{Diversity: &f.diversity}
	}
	if changed("min-score") {
		q.MinScore = &f.minScore
	}
	q.Filter = f.filter.Given
	if len(numbers) == 0 {
		return nil
	}
	vector, err := flags.Vector(numbers, cmd.InOrStdin())
	q.Embedding = vector
	return err
}

// readFusion completes what is fused and how; vector says that there is one.
func (f *searchFlags) readFusion(changed func(string) bool, vector bool) (err error) {
	q := &f.query
	if f.sparse != "" {
		if q.Sparse, err = flags.SparseQuery(f.sparse); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(fusionFlags, changed) {
		return nil
	}
	lists := 0
	for _, is := range []bool{vector, q.Text != "" || q.Hybrid != "", q.Sparse != nil} {
		if is {
			lists++
		}
	}
	if lists < 2 {
		return flags.Usage("--%s are for a search with two of --text, --sparse and a vector", strings.Join(fusionFlags, ", --"))
	}
	return f.fuse()
}

// addRerank adds the flag that has the first hits ranked again.
func addRerank(cmd *cobra.Command, top *int) {
	cmd.Flags().IntVar(top, "rerank", 0, fmt.Sprintf("rank so many of the first hits again by the text, such as %d, with the reranker that is configured", domain.DefaultRerank))
}

// rerankOf returns what the flag says.
func rerankOf(top int) (*api.Rerank, error) {
	if top < 1 { // 0 would stand for the default
		return nil, flags.Usage("--rerank must be at least 1")
	}
	return &api.Rerank{Top: top}, nil
}

// fuse completes how two lists become one.
func (f *searchFlags) fuse() error {
	if f.query.Sparse != nil {
		f.fusion.SparseWeight = &f.sparseWeight
	}
	_, err := domain.Fusion{
		Method: domain.FusionMethod(f.fusion.Method), RankConstant: f.fusion.RankConstant,
		VectorWeight: &f.vectorWeight, TextWeight: &f.textWeight, SparseWeight: f.fusion.SparseWeight, Candidates: f.fusion.Candidates,
	}.WithDefaults()
	if err != nil {
		return flags.UsageError{Err: err}
	}
	f.fusion.VectorWeight, f.fusion.TextWeight = &f.vectorWeight, &f.textWeight
	f.query.Fusion = &f.fusion
	return nil
}

func (f *searchFlags) search(cmd *cobra.Command, d *api.Database) error {
	if f.groups.by != "" {
		return f.groups.print(cmd, d, f.query, f.json)
	}
	found, err := d.Query(cmd.Context(), []api.Query{f.query}, &api.QueryOptions{Explain: true})
	if err != nil {
		return err
	}
	out, hits, explain := cmd.OutOrStdout(), found.Hits[0], &found.Explain[0]
	if err := printHits(out, hits, f.json); err != nil || !f.explain {
		return err
	}
	if f.json {
		return output.JSON(out, map[string]any{"explain": explain})
	}
	return printExplain(out, hits, explain)
}

// printHits prints one line per hit.
func printHits(out io.Writer, hits []api.Hit, asJSON bool) error {
	for _, h := range hits {
		if !asJSON {
			fmt.Fprintf(out, "%.6f\t%d\t%s\n", h.Score, h.ID, output.OneLine(h.Text))
			continue
		}
		if err := output.JSON(out, hitOf(&h)); err != nil {
			return err
		}
	}
	return nil
}

// hit is a hit as it is printed as JSON.
type hit struct {
	ID       int64        `json:"chunk_id"`
	Key      string       `json:"key,omitempty"`
	Text     string       `json:"text"`
	Metadata api.Metadata `json:"metadata"`
	Score    float32      `json:"score"`
	Distance *float32     `json:"distance"`
}

func hitOf(h *api.Hit) hit { return hit{h.ID, h.Key, h.Text, h.Metadata, h.Score, distanceOf(h)} }

// distanceOf returns the distance of h, or nil where it was found by words only.
func distanceOf(h *api.Hit) *float32 {
	if h.Scores != nil && h.Scores.Vector == nil {
		return nil
	}
	return &h.Distance
}
