package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// searchFlags are the flags of `memista search`.
type searchFlags struct {
	query         app.Query
	fusion        string
	minScore      float32
	explain, json bool

	vectorWeight, textWeight float64
	filter                   filterFlag
}

func newSearch(g *global) *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search DATABASE [VECTOR]",
		Short: "Find the chunks nearest to a vector or a stored chunk, or by their words",
		Long: "search prints the nearest chunks, best first: score, id and text. The vector is a JSON array or\n" +
			"numbers, as arguments (after -- if one is negative) or, with -, from the standard input; or it is\n" +
			"that of the stored chunk named by --like or --key, which is then left out. With --text chunks are\n" +
			"found by their words, alone or together with a vector, in a database that was created with full\n" +
			"text: --fusion says how both lists become one.",
		Example: "  memista search my_app 0.1 0.2\n  memista search my_app '[0.1, -0.2]' -k 10 --offset 10\n  echo 0.1 -0.2 | memista search my_app -\n" +
			"  memista search my_app --like 17 --explain\n  memista search my_app --text 'red \"house cat\"'\n" +
			"  memista search my_app --text cat --fusion weighted --vector-weight 0.7 --text-weight 0.3 0.1 0.2",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.search(cmd, &f, args[0], args[1:])
		},
	}
	g.addServer(cmd)
	f.add(cmd)
	return cmd
}

func (f *searchFlags) add(cmd *cobra.Command) {
	fl, q := cmd.Flags(), &f.query
	fl.IntVarP(&q.K, "num-results", "k", 5, "how many chunks")
	fl.IntVar(&q.Offset, "offset", 0, "how many of the nearest to pass over")
	fl.Int64Var(&q.Like.ID, "like", 0, "search for the vector of the chunk with this id")
	fl.StringVar(&q.Like.Key, "key", "", "search for the vector of the chunk with this key")
	fl.StringVar(&q.Text, "text", "", "words to look for; \"a phrase\" in quotes, any ending with wor*")
	fl.BoolVar(&q.AllWords, "all-words", false, "only chunks with all words of --text")
	fl.StringVar(&f.fusion, "fusion", string(domain.ReciprocalRank), "how the lists by vector and by words become one: rrf (by rank) or weighted (by score)")
	fl.IntVar(&q.Fusion.RankConstant, "rank-constant", domain.DefaultRankConstant, "constant of rrf")
	fl.Float64Var(&f.vectorWeight, "vector-weight", 1, "weight of the list by vector; 0 leaves out what only it has")
	fl.Float64Var(&f.textWeight, "text-weight", 1, "weight of the list by words; 0 leaves out what only it has")
	fl.IntVar(&q.Fusion.Candidates, "candidates", domain.DefaultCandidates, "how many are taken from each list at least")
	f.filter.add(cmd)
	fl.Float32Var(&f.minScore, "min-score", 0, "leave out chunks that score less")
	fl.IntVar(&q.Ef, "ef", 0, "beam width of the walk over the graph; 0 is chosen for good recall")
	fl.BoolVar(&q.Exact, "exact", false, "compare with every vector")
	fl.BoolVar(&f.explain, "explain", false, "print how the search was answered, too")
	fl.BoolVar(&f.json, "json", false, "print one JSON object per hit")
}

// fusionFlags mean nothing without words and a vector.
var fusionFlags = []string{"fusion", "rank-constant", "vector-weight", "text-weight", "candidates"}

// read completes the query, with the vector in numbers if there are any.
func (f *searchFlags) read(cmd *cobra.Command, numbers []string) error {
	q := &f.query
	changed := cmd.Flags().Changed
	named := 0
	for _, is := range []bool{len(numbers) > 0, changed("like"), changed("key")} {
		if is {
			named++
		}
	}
	switch {
	case named > 1:
		return usage("give one of a vector, --like and --key")
	case named == 0 && q.Text == "":
		return usage("give a vector, --like, --key or --text")
	case changed("like") && q.Like.ID < 1:
		return usage("--like must be the id of a chunk, from 1 on")
	case changed("key") && q.Like.Key == "":
		return usage("--key cannot be empty")
	case q.AllWords && q.Text == "":
		return usage("--all-words is for --text")
	}
	if slices.ContainsFunc(fusionFlags, changed) {
		if named == 0 || q.Text == "" {
			return usage("--%s are for a search with --text and a vector", strings.Join(fusionFlags, ", --"))
		}
		q.Fusion.Method = domain.FusionMethod(f.fusion)
		q.Fusion.VectorWeight, q.Fusion.TextWeight = &f.vectorWeight, &f.textWeight
		if _, err := q.Fusion.WithDefaults(); err != nil {
			return usageError{err}
		}
	} else {
		q.Fusion = domain.Fusion{}
	}
	if changed("min-score") {
		q.MinScore = &f.minScore
	}
	q.Filter = f.filter.f
	if len(numbers) == 0 {
		return nil
	}
	vector, err := readVector(numbers, cmd.InOrStdin())
	if err != nil {
		return usageError{err}
	}
	q.Embedding = vector
	return nil
}

func (g *global) search(cmd *cobra.Command, f *searchFlags, database string, numbers []string) error {
	if err := f.read(cmd, numbers); err != nil {
		return err
	}
	return g.with(cmd.Context(), false, func(s store) error {
		found, err := s.Search(cmd.Context(), database, f.query)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if err := printHits(out, found.hits, f.json); err != nil || !f.explain {
			return err
		}
		if f.json {
			return printJSON(out, map[string]any{"explain": explainJSON(&found.explain)})
		}
		return printExplain(out, &found)
	})
}

// readVector reads numbers from the arguments, or from in if the only argument is "-".
func readVector(args []string, in io.Reader) ([]float32, error) {
	text := strings.Join(args, " ")
	if text == "-" {
		raw, err := io.ReadAll(io.LimitReader(in, 16<<20))
		if err != nil {
			return nil, err
		}
		text = string(raw)
	}
	text = strings.TrimSpace(text)
	var v []float32
	if strings.HasPrefix(text, "[") {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("vector: %w", err)
		}
		return v, nil
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		x, err := strconv.ParseFloat(word, 32)
		if err != nil {
			return nil, fmt.Errorf("vector: %q is not a number", word)
		}
		v = append(v, float32(x))
	}
	if len(v) == 0 {
		return nil, errors.New("vector: no numbers")
	}
	return v, nil
}

// printHits prints one line per hit.
func printHits(out io.Writer, hits []domain.Hit, asJSON bool) error {
	for _, h := range hits {
		if !asJSON {
			fmt.Fprintf(out, "%.6f\t%d\t%s\n", h.Score, h.ID, oneLine(h.Text))
			continue
		}
		m, err := metadataJSON(h.Metadata)
		if err != nil {
			return err
		}
		err = printJSON(out, struct {
			ID       int64           `json:"chunk_id"`
			Key      string          `json:"key,omitempty"`
			Text     string          `json:"text"`
			Metadata json.RawMessage `json:"metadata"`
			Score    float32         `json:"score"`
			Distance *float32        `json:"distance"`
		}{h.ID, h.Key, h.Text, m, h.Score, distanceOf(&h)})
		if err != nil {
			return err
		}
	}
	return nil
}

// distanceOf returns the distance of h, or nil where it was found by words only.
func distanceOf(h *domain.Hit) *float32 {
	if h.Places != nil && h.Places.Vector.Rank == 0 {
		return nil
	}
	return &h.Distance
}

// oneLine quotes what would break the line or drive the terminal.
func oneLine(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
