package service

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newJobs(a *store.Access) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs [cancel ID]",
		Short: "List the long jobs of a server, or cancel one",
		Args:  cobra.MatchAll(cobra.MaximumNArgs(2), jobsArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.Address == "" {
				return flags.Usage("jobs are those of a running server: name it with --server")
			}
			return a.With(cmd, func(s *store.Store) error {
				if len(args) == 2 {
					return cancelJob(cmd, s, args[1])
				}
				return listJobs(cmd, s)
			})
		},
	}
	cmd.Flags().StringVar(&a.Address, "server", "", "address of the server, such as http://127.0.0.1:8083")
	return cmd
}

func jobsArgs(_ *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 && args[0] != "cancel" {
		return flags.Usage("give nothing, or cancel and the id of a job")
	}
	return nil
}

func cancelJob(cmd *cobra.Command, s *store.Store, text string) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return flags.Usage("%q is no id of a job", text)
	}
	j, err := s.CancelJob(cmd.Context(), id)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "job %d is %s\n", j.ID, j.State)
	return nil
}

func listJobs(cmd *cobra.Command, s *store.Store) error {
	all, err := s.Jobs(cmd.Context())
	if err != nil {
		return err
	}
	w := output.Table(cmd.OutOrStdout())
	fmt.Fprintln(w, "JOB\tKIND\tDATABASE\tSTATE\tPROGRESS\tRATE\tSTARTED\tERROR")
	for _, j := range all {
		state, fault := j.State, ""
		if j.Canceling {
			state = "canceling"
		}
		if j.State == api.JobFailed {
			fault = j.Err.Error()
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%.0f %%\t%.0f/s\t%s\t%s\n", j.ID, j.Kind, j.Database, state, j.Percent, j.Rate,
			j.StartedAt.UTC().Format(time.DateTime), fault)
	}
	return w.Flush()
}
