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

// interrupted is what happens to a job when the command that waits for it is interrupted.
type interrupted bool

const (
	cancel interrupted = true  // everything is as it was
	leave  interrupted = false // a server goes on with it, and on a file the next try does
)

// await says how far a job is until it has ended, or the command is interrupted. A job that
// is not done is an error.
func await(cmd *cobra.Command, s *store.Store, j api.Job, then interrupted) (api.Job, error) {
	ctx := cmd.Context()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for said := time.Now(); j.State == api.JobRunning; {
		var err error
		select {
		case <-tick.C:
			j, err = s.Job(ctx, j.ID)
		case <-ctx.Done():
			if then == leave {
				return j, fmt.Errorf("%s of %q: interrupted at %.0f %%: ask for it again to go on: %w", j.Kind, j.Database, j.Percent, ctx.Err())
			}
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
