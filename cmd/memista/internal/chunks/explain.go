package chunks

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/internal/domain"
)

// stage is a part of the time that a search takes.
type stage struct {
	name string
	took time.Duration
}

func stages(t api.ExplainTimes) []stage {
	return []stage{{"open", t.Open}, {"filter", t.Filter}, {"tail", t.Tail}, {"graph", t.Graph}, {"text", t.Text}, {"sparse", t.Sparse}, {"rows", t.Rows}, {"rerank", t.Rerank}}
}

// printExplain prints how a search was answered, for people.
func printExplain(out io.Writer, hits []api.Hit, e *api.Explain) error {
	w := output.Table(out)
	fmt.Fprintf(w, "\nplan\t%s\n", planWords(e.Plan))
	if f := e.Filter; f != nil {
		fmt.Fprintf(w, "filter\t%d of %d chunks (%.4g %%, about %.4g %% expected), from %s\n", f.Matched, f.Of, 100*f.Selectivity, 100*f.Estimated, f.Source)
	}
	if t := e.Text; t != nil {
		fmt.Fprintf(w, "text\t%d words or phrases, %d matches taken\n", t.Terms, t.Found)
		if f := t.Fusion; f != nil && e.Sparse == nil {
			fmt.Fprintf(w, "fusion\t%s, vector %.4g, text %.4g\n", f.Method, f.VectorWeight, f.TextWeight)
		}
	}
	if s := e.Sparse; s != nil {
		fmt.Fprintf(w, "sparse\t%s with %d entries, %d entries of chunks, %d matches taken\n", s.Name, s.Entries, s.Visited, s.Found)
		if f := s.Fusion; f != nil {
			fmt.Fprintf(w, "fusion\t%s, vector %.4g, text %.4g, sparse %.4g\n", f.Method, f.VectorWeight, f.TextWeight, f.SparseWeight)
		}
	}
	if r := e.Rerank; r != nil {
		fmt.Fprintf(w, "rerank\t%d texts by %s\n", r.Texts, r.Model)
	}
	printPart(w, "tail", e.Tail)
	printPart(w, "graph", e.Graph)
	fmt.Fprintf(w, "found\t%d candidates, %d hits", e.Candidates, len(hits))
	if e.Rounds > 1 {
		fmt.Fprintf(w, ", asked %d times because rows changed meanwhile", e.Rounds)
	}
	fmt.Fprintf(w, "\ntime\t%v", e.Times.Total.Round(time.Microsecond))
	var parts []string
	for _, s := range stages(e.Times) {
		if s.took >= time.Microsecond {
			parts = append(parts, fmt.Sprintf("%s %v", s.name, s.took.Round(time.Microsecond)))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, ": %s", strings.Join(parts, ", "))
	}
	fmt.Fprintln(w)
	for i := range hits {
		if sc := hits[i].Scores; sc != nil && e.Sparse != nil && i < len(e.Sparse.Ranks) {
			at := e.Sparse.Ranks[i]
			fmt.Fprintf(w, "chunk %d\t%s; %s; %s\n", hits[i].ID, standing("vector", at.Vector, sc.Vector), standing("text", at.Text, sc.Text), standing("sparse vector", at.Sparse, sc.Sparse))
		} else if sc != nil && e.Text != nil && i < len(e.Text.Ranks) {
			at := e.Text.Ranks[i]
			fmt.Fprintf(w, "chunk %d\t%s; %s\n", hits[i].ID, standing("vector", at.Vector, sc.Vector), standing("text", at.Text, sc.Text))
		}
		if r := e.Rerank; r != nil && i < len(r.First) {
			fmt.Fprintf(w, "chunk %d\t%d before it was ranked again, score %.6g\n", hits[i].ID, r.First[i].Rank, r.First[i].Score)
		}
	}
	return w.Flush()
}

// planWords says what a plan does.
func planWords(plan string) string {
	words := map[domain.Plan]string{
		domain.PlanFlat:     "every vector was compared",
		domain.PlanExactIDs: "every vector that the filter selects was compared",
		domain.PlanGraph:    "a walk over the graph",
		domain.PlanFiltered: "a walk over the graph that keeps what the filter selects",
	}[domain.Plan(plan)]
	if words == "" {
		return "none: no vector was compared"
	}
	return plan + ": " + words
}

func printPart(w io.Writer, name string, p *api.ExplainPart) {
	if p == nil {
		return
	}
	fmt.Fprintf(w, "%s\t%d vectors, ", name, p.Vectors)
	if p.Visited > 0 {
		fmt.Fprintf(w, "%d visited, ", p.Visited)
	}
	fmt.Fprintf(w, "%d distances computed, %d neighbours\n", p.Distances, p.Neighbors)
}

// standing says where a hit stands in one of several lists.
func standing(list string, rank int, score *float32) string {
	if score == nil {
		return "not in the list by " + list
	}
	return fmt.Sprintf("%d in the list by %s, score %.6g", rank, list, *score)
}
