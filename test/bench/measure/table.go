package measure

import (
	"fmt"
	"io"
	"strings"
)

// PrintTable prints rows below a head as a Markdown table. A row may be shorter.
func PrintTable(out io.Writer, head []string, rows ...[]string) {
	fmt.Fprintf(out, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows {
		fmt.Fprintf(out, "| %s |\n", strings.Join(r, " | "))
	}
}

// Goal is a bound that a median has to keep; nil is none.
type Goal struct {
	most  bool // else it is the least
	bound float64
}

// AtLeast is met by medians from bound on.
func AtLeast(bound float64) *Goal { return &Goal{false, bound} }

// AtMost is met by medians up to bound.
func AtMost(bound float64) *Goal { return &Goal{true, bound} }

// words returns the goal, and whether v meets it, as a table has them.
func (g *Goal) words(v float64, verb string) (goal, met string) {
	if g == nil {
		return "–", ""
	}
	sign, ok := "≥ ", v >= g.bound
	if g.most {
		sign, ok = "≤ ", v <= g.bound
	}
	return sign + fmt.Sprintf(verb, g.bound), map[bool]string{true: "yes", false: "no"}[ok]
}

// Report is a table of figures with their goals.
type Report struct{ rows [][]string }

// Add adds what was measured, written as verb says, and tells of it. Without a goal the
// figure is there to be known.
func (r *Report) Add(what string, v Values, verb string, g *Goal) {
	goal, met := g.words(v.Median(), verb)
	r.rows = append(r.rows, []string{what, v.Format(verb), goal, met})
	Say("  %s: %s, goal %s %s", what, v.Format(verb), goal, met)
}

// Print prints the table.
func (r *Report) Print(out io.Writer) {
	PrintTable(out, []string{"what", "measured", "goal", "met"}, r.rows...)
}
