package api

import "time"

// JobState says how far a job has come.
type JobState string

// The states of a job; only the first may change.
const (
	JobRunning  JobState = "running"
	JobDone     JobState = "done"
	JobFailed   JobState = "failed"
	JobCanceled JobState = "canceled"
)

// Job describes a long piece of work on one database.
type Job struct {
	ID        int64     `json:"id"`   // from 1, since the file was opened
	Kind      string    `json:"kind"` // "rebuild"; "alter", of Update; "re-embed"; "compaction", which begins by itself after many deletes; "import"
	Database  string    `json:"database_id"`
	State     JobState  `json:"state"`
	Canceling bool      `json:"canceling"`        // it was canceled and has not ended yet
	Percent   float64   `json:"progress_percent"` // 0 to 100
	Done      int64     `json:"done"`             // steps, of Total
	Total     int64     `json:"total"`
	Rate      float64   `json:"per_second"` // steps per second: texts embedded, vectors read, looked at, or put into the graph
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"` // zero while it runs
	// Err is why the job failed, for errors.Is; context.Canceled where it was canceled, else
	// nil. A server tells the text only, so that an error from there has no kind.
	Err error `json:"-"`
}
