package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// searchFlags are the flags of `memista search`.
type searchFlags struct {
	k           int
	like        int64
	exact, json bool
	text        string
	allWords    bool
	filter      filterFlag
}

func newSearch(g *global) *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search DATABASE [VECTOR]",
		Short: "Find the chunks nearest to a vector or a stored chunk, or by their words",
		Long: "search prints the nearest chunks, best first. The vector is a JSON array or numbers, as\n" +
			"arguments (after -- if one is negative) or, with -, from the standard input; or it is that of the\n" +
			"stored chunk named by --like, which is then left out. With --text chunks are found by their words,\n" +
			"alone or together with a vector, in a database that was created with full text.",
		Example: "  memista search my_app 0.1 0.2\n  memista search my_app '[0.1, -0.2]'\n  echo 0.1 -0.2 | memista search my_app -\n  memista search my_app --like 17\n  memista search my_app --text 'red \"house cat\"'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.search(cmd, f, args[0], args[1:])
		},
	}
	g.addServer(cmd)
	cmd.Flags().IntVarP(&f.k, "num-results", "k", 5, "how many chunks")
	cmd.Flags().Int64Var(&f.like, "like", 0, "search for the vector of this chunk")
	cmd.Flags().StringVar(&f.text, "text", "", "words to look for; \"a phrase\" in quotes, any ending with wor*")
	cmd.Flags().BoolVar(&f.allWords, "all-words", false, "only chunks with all words of --text")
	f.filter.add(cmd)
	cmd.Flags().BoolVar(&f.exact, "exact", false, "compare with every vector")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object per hit")
	return cmd
}

func (g *global) search(cmd *cobra.Command, f searchFlags, database string, numbers []string) error {
	byVector := len(numbers) > 0
	switch {
	case f.like != 0 && byVector:
		return usage("give either a vector or --like")
	case f.like == 0 && !byVector && f.text == "":
		return usage("give a vector, --like or --text")
	case f.allWords && f.text == "":
		return usage("--all-words is for --text")
	}
	q := query{k: f.k, exact: f.exact, filter: f.filter.f, text: f.text, allWords: f.allWords}
	if byVector {
		vector, err := readVector(numbers, cmd.InOrStdin())
		if err != nil {
			return usageError{err}
		}
		q.embedding = vector
	}
	return g.with(cmd.Context(), false, func(s store) error {
		if f.like != 0 {
			c, err := s.Chunk(cmd.Context(), database, app.Ref{ID: f.like})
			if err != nil {
				return err
			}
			q.embedding = c.Embedding
			q.k++ // itself is among the hits
		}
		hits, err := s.Search(cmd.Context(), database, q)
		if err != nil {
			return err
		}
		return printHits(cmd.OutOrStdout(), leaveOut(hits, f.like, f.k), f.json)
	})
}

// leaveOut returns at most k of hits, without the chunk id.
func leaveOut(hits []domain.Hit, id int64, k int) []domain.Hit {
	kept := make([]domain.Hit, 0, len(hits))
	for _, h := range hits {
		if h.ID != id {
			kept = append(kept, h)
		}
	}
	return kept[:min(k, len(kept))]
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
