package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
)

func newRebuild(g *global) *cobra.Command {
	var detach bool
	cmd := &cobra.Command{
		Use:   "rebuild DATABASE",
		Short: "Make the index of a database anew from its rows",
		Long: "rebuild makes the index of a database anew and waits until that is done; searches go on with\n" +
			"the old one. What is interrupted leaves everything as it was. With --detach it does not wait, but\n" +
			"prints the number of the job, which memista jobs shows; that needs a server.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.with(cmd.Context(), false, func(s store) error { return rebuild(cmd, s, args[0], detach) })
		},
	}
	g.addServer(cmd)
	cmd.Flags().BoolVar(&detach, "detach", false, "do not wait, and leave the job to the server")
	return cmd
}

// rebuildPoll is how often a rebuild is asked how far it is.
const rebuildPoll = 250 * time.Millisecond

func rebuild(cmd *cobra.Command, s store, database string, detach bool) error {
	if _, file := s.(local); file && detach {
		return usage("--detach leaves the job to a server: name it with --server")
	}
	j, err := s.api().StartRebuild(cmd.Context(), database)
	if err != nil {
		return err
	}
	if detach {
		fmt.Fprintf(cmd.OutOrStdout(), "job %d rebuilds the index of %q\n", j.ID, database)
		return nil
	}
	if j, err = await(cmd, s.api(), j); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "index of %q rebuilt in %v\n", database, j.EndedAt.Sub(j.StartedAt).Round(time.Millisecond))
	return nil
}

// await says how far a job is until it has ended, and cancels it when the command is
// interrupted. A job that is not done is an error.
func await(cmd *cobra.Command, s api.Service, j api.Job) (api.Job, error) {
	ctx := cmd.Context()
	tick := time.NewTicker(rebuildPoll)
	defer tick.Stop()
	for said := time.Now(); j.State == api.JobRunning; {
		var err error
		select {
		case <-tick.C:
			j, err = s.Job(ctx, j.ID)
		case <-ctx.Done():
			j, err = s.CancelJob(context.WithoutCancel(ctx), j.ID)
		}
		if err != nil {
			return j, err
		}
		if j.State == api.JobRunning && time.Since(said) >= sayEvery {
			said = time.Now()
			fmt.Fprintf(cmd.ErrOrStderr(), "%.0f %%, %.0f vectors/s\n", j.Percent, j.Rate)
		}
	}
	if j.State != api.JobDone {
		return j, fmt.Errorf("%s of %q: %s %w", j.Kind, j.Database, j.State, j.Err)
	}
	return j, nil
}

func newJobs(g *global) *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:   "jobs [cancel ID]",
		Short: "List the long jobs of a server, or cancel one",
		Args:  cobra.MatchAll(cobra.MaximumNArgs(2), jobsArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if server == "" {
				return usage("jobs are those of a running server: name it with --server")
			}
			g.server = server
			return g.with(cmd.Context(), false, func(s store) error {
				c := s.api()
				if len(args) == 2 {
					return cancelJob(cmd, c, args[1])
				}
				return listJobs(cmd, c)
			})
		},
	}
	cmd.Flags().StringVar(&server, "server", "", "address of the server, such as http://127.0.0.1:8083")
	return cmd
}

func jobsArgs(_ *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 && args[0] != "cancel" {
		return usage("give nothing, or cancel and the id of a job")
	}
	return nil
}

func cancelJob(cmd *cobra.Command, c api.Service, text string) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return usage("%q is no id of a job", text)
	}
	j, err := c.CancelJob(cmd.Context(), id)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "job %d is %s\n", j.ID, j.State)
	return nil
}

func listJobs(cmd *cobra.Command, c api.Service) error {
	all, err := c.Jobs(cmd.Context())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
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
