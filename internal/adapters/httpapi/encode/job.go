package encode

import (
	"time"

	"github.com/memista/memista/internal/app"
)

// Job is a job.
type Job struct {
	ID        int64        `json:"id"`
	Kind      string       `json:"kind"`
	Database  string       `json:"database_id"`
	State     app.JobState `json:"state"`
	Canceling bool         `json:"canceling"`
	Progress  float64      `json:"progress_percent"`
	Done      int64        `json:"done"`
	Total     int64        `json:"total"`
	Rate      float64      `json:"per_second"`
	StartedAt time.Time    `json:"started_at"`
	EndedAt   *time.Time   `json:"ended_at"`
	Error     *string      `json:"error"`
}

// JobOf describes a job.
func JobOf(j app.Job) Job {
	return Job{
		ID: j.ID, Kind: j.Kind, Database: j.Database, State: j.State, Canceling: j.Canceling, Progress: j.Percent(), Done: j.Done, Total: j.Total,
		Rate: j.Rate, StartedAt: j.Started.UTC(), EndedAt: orNull(j.Ended.UTC()), Error: orNull(j.Error),
	}
}
