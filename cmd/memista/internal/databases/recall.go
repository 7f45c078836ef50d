package databases

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newRecall(a *store.Access) *cobra.Command {
	var (
		filter flags.Filter
		o      api.RecallOptions
	)
	cmd := &cobra.Command{
		Use:   "recall DATABASE",
		Short: "Measure which share of the true neighbors searches find",
		Long: "recall takes some of the stored vectors as queries, each left out of its own answer, and compares what\n" +
			"searches find with what comparing all vectors finds: for searches that bring no beam width, and for\n" +
			"each of some beam widths, with the 95 % interval and the time in the index. With --target it looks\n" +
			"for the smallest beam width that reaches that recall.",
		Example: "  memista recall my_app\n  memista recall my_app --target 0.98 --k 20 --server http://127.0.0.1:8083",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Filter = filter.Given
			return a.With(cmd, func(s *store.Store) error { return measureRecall(cmd, s.Database(args[0]), &o) })
		},
	}
	a.AddServer(cmd)
	filter.Add(cmd)
	fl := cmd.Flags()
	fl.IntVar(&o.K, "k", 10, "neighbors of each query")
	fl.IntVar(&o.Queries, "queries", 1000, "queries at most; there is not always time for all")
	fl.IntSliceVar(&o.Ef, "ef", nil, "beam widths to measure, as in 32,64,128 (16 to 512 if nothing is said)")
	fl.Float64Var(&o.Target, "target", 0, "recall to find the smallest beam width for")
	fl.DurationVar(&o.MaxTime, "max-time", 5*time.Second, "time after which no further search begins, a minute at most")
	return cmd
}

// measureRecall waits for the index, since what is not in the graph yet is compared one by one,
// and is found whatever the beam width.
func measureRecall(cmd *cobra.Command, d *api.Database, o *api.RecallOptions) error {
	m := output.NewMeter(cmd.ErrOrStderr(), 0)
	err := d.WaitIndexed(cmd.Context(), m.TellIndex)
	m.End()
	if err != nil {
		return err
	}
	r, err := d.Recall(cmd.Context(), o)
	if err != nil {
		return err
	}
	return printRecall(cmd.OutOrStdout(), &r)
}

// printRecall prints r for people.
func printRecall(out io.Writer, r *api.Recall) error {
	w := output.Table(out)
	fmt.Fprintf(w, "EF\tRECALL@%d\t95 %%\tMEDIAN\tP99\n", r.K)
	line := func(name string, p api.RecallPoint) {
		fmt.Fprintf(w, "%s\t%.4f\t%.4f to %.4f\t%v\t%v\n", name, p.Recall, p.Low, p.High, p.P50.Round(100*time.Nanosecond), p.P99.Round(100*time.Nanosecond))
	}
	name := "now"
	if r.Now.Ef != 0 {
		name = fmt.Sprintf("now (%d)", r.Now.Ef)
	}
	line(name, r.Now)
	for _, p := range r.Curve {
		line(strconv.Itoa(p.Ef), p)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d queries over %d vectors in %v\n", r.Queries, r.Vectors, r.Took.Round(time.Millisecond))
	switch t := r.Target; {
	case r.Plan == "flat":
		fmt.Fprintln(out, "all vectors are compared, so that searches find everything")
	case t != nil && t.Reached:
		fmt.Fprintf(out, "ef %d reaches %v: %.4f, at least that with a confidence of %.2f\n", t.Ef, t.Wanted, t.Recall, t.Confidence)
	case t != nil:
		fmt.Fprintf(out, "no ef that was measured reaches %v: the best is %d with %.4f\n", t.Wanted, t.Ef, t.Recall)
	}
	if !r.Complete {
		fmt.Fprintln(out, "there was no time for everything: --max-time gives more")
	}
	return nil
}
