package databases

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

// poll is how often a job is asked how far it is.
const poll = 250 * time.Millisecond

// await says how far a job is until it has ended, and cancels it when the command is
// interrupted. A job that is not done is an error.
func await(cmd *cobra.Command, s *store.Store, j api.Job) (api.Job, error) {
	ctx := cmd.Context()
	tick := time.NewTicker(poll)
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
		if j.State == api.JobRunning && time.Since(said) >= output.SayEvery {
			said = time.Now()
			fmt.Fprintf(cmd.ErrOrStderr(), "%.0f %%, %.0f vectors/s\n", j.Percent, j.Rate)
		}
	}
	if j.State != api.JobDone {
		return j, fmt.Errorf("%s of %q: %s %w", j.Kind, j.Database, j.State, j.Err)
	}
	return j, nil
}
