package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/memista/memista/internal/domain"
)

// stage is a part of the time that a search takes.
type stage struct {
	name string
	took time.Duration
}

func stages(t domain.Times) []stage {
	return []stage{{"open", t.Open}, {"filter", t.Filter}, {"tail", t.Tail}, {"graph", t.Graph}, {"text", t.Text}, {"rows", t.Rows}}
}

// printExplain prints how a search was answered, for people.
func printExplain(out io.Writer, found *answer) error {
	e := &found.explain
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nplan\t%s\n", planWords(e.Plan))
	if f := e.Filter; f.Source != "" {
		fmt.Fprintf(w, "filter\t%d of %d chunks (%.4g %%, about %.4g %% expected), from %s\n", f.Matched, f.Total, 100*f.Share(), 100*f.Estimated, f.Source)
	}
	if t := e.Text; t != (domain.TextWork{}) {
		fmt.Fprintf(w, "text\t%d words or phrases, %d matches taken\n", t.Terms, t.Found)
	}
	printPart(w, "tail", e.Tail)
	printPart(w, "graph", e.Graph)
	fmt.Fprintf(w, "found\t%d candidates, %d hits", e.Candidates, len(found.hits))
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
	for i := range found.hits {
		if p := found.hits[i].Places; p != nil {
			fmt.Fprintf(w, "chunk %d\t%s; %s\n", found.hits[i].ID, standing("vector", p.Vector), standing("text", p.Text))
		}
	}
	return w.Flush()
}

// planWords says what a plan does.
func planWords(p domain.Plan) string {
	words := map[domain.Plan]string{
		domain.PlanFlat:     "every vector was compared",
		domain.PlanExactIDs: "every vector that the filter selects was compared",
		domain.PlanGraph:    "a walk over the graph",
		domain.PlanFiltered: "a walk over the graph that keeps what the filter selects",
	}[p]
	if words == "" {
		return "none: no vector was compared"
	}
	return string(p) + ": " + words
}

func printPart(w io.Writer, name string, p domain.Part) {
	if p.Plan == "" {
		return
	}
	fmt.Fprintf(w, "%s\t%d vectors, ", name, p.Vectors)
	if p.Visited > 0 {
		fmt.Fprintf(w, "%d visited, ", p.Visited)
	}
	fmt.Fprintf(w, "%d distances computed, %d neighbours\n", p.Distances, p.Neighbors)
}

// standing says where a hit stands in one of two lists.
func standing(list string, p domain.Place) string {
	if p.Rank == 0 {
		return "not in the list by " + list
	}
	return fmt.Sprintf("%d in the list by %s, score %.6g", p.Rank, list, p.Score)
}

// explainJSON is an explanation with the names that the server gives its parts.
func explainJSON(e *domain.Explain) any {
	times := map[string]int64{"total": e.Times.Total.Microseconds()}
	for _, s := range stages(e.Times) {
		times[s.name] = s.took.Microseconds()
	}
	out := map[string]any{
		"plan": e.Plan, "visited": e.Visited, "distances": e.Distances, "candidates": e.Candidates, "rounds": e.Rounds,
		"filter": nil, "text": nil, "tail": partJSON(e.Tail), "graph": partJSON(e.Graph), "times_us": times,
	}
	if f := e.Filter; f.Source != "" {
		out["filter"] = map[string]any{"source": f.Source, "matched": f.Matched, "of": f.Total, "selectivity": f.Share(), "estimated": f.Estimated}
	}
	if t := e.Text; t != (domain.TextWork{}) {
		out["text"] = map[string]any{"terms": t.Terms, "found": t.Found}
	}
	return out
}

func partJSON(p domain.Part) any {
	if p.Plan == "" {
		return nil
	}
	return map[string]any{"plan": p.Plan, "visited": p.Visited, "distances": p.Distances, "vectors": p.Vectors, "neighbors": p.Neighbors}
}
