package httpapi

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// jobJSON is a job as it is sent.
type jobJSON struct {
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

func describeJob(j app.Job) jobJSON {
	return jobJSON{
		ID: j.ID, Kind: j.Kind, Database: j.Database, State: j.State, Canceling: j.Canceling, Progress: j.Percent(), Done: j.Done, Total: j.Total,
		Rate: j.Rate, StartedAt: j.Started.UTC(), EndedAt: orNull(j.Ended.UTC()), Error: orNull(j.Error),
	}
}

type jobList struct {
	Jobs []jobJSON `json:"jobs"`
}

// jobs answers GET /v1/jobs.
func (h *Handler) jobs(c *gin.Context) error {
	list := jobList{Jobs: []jobJSON{}}
	for _, j := range h.svc.Jobs() {
		if reaches(c, j.Database) {
			list.Jobs = append(list.Jobs, describeJob(j))
		}
	}
	return sendValue(c, http.StatusOK, list)
}

// namedJob returns the job that the path names, if the caller may know of it.
func (h *Handler) namedJob(c *gin.Context) (app.Job, error) {
	text, err := pathValue(c, "job")
	if err != nil {
		return app.Job{}, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return app.Job{}, domain.Errorf(domain.ErrInvalid, "the id of a job in the path must be an integer from 1 on")
	}
	j, err := h.svc.Job(id)
	if err == nil && !reaches(c, j.Database) {
		err = app.JobNotFound(id)
	}
	return j, err
}

// job answers GET /v1/jobs/{job}.
func (h *Handler) job(c *gin.Context) error {
	j, err := h.namedJob(c)
	if err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, describeJob(j))
}

// cancelJob answers DELETE /v1/jobs/{job}, when the job has ended.
func (h *Handler) cancelJob(c *gin.Context) error {
	j, err := h.namedJob(c)
	if err == nil {
		j, err = h.svc.CancelJob(c.Request.Context(), j.ID)
	}
	if err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, describeJob(j))
}

// rebuild answers POST /v1/databases/{id}/rebuild with the job that does it.
func (h *Handler) rebuild(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	err = withBody(c, h.opts.BodyLimit, func(body []byte) error {
		if b := bytes.TrimSpace(body); len(b) > 0 && string(b) != "{}" {
			return domain.Errorf(domain.ErrInvalid, "a rebuild takes no body, or an empty object")
		}
		return nil
	})
	if err != nil {
		return err
	}
	j, err := h.svc.StartRebuild(c.Request.Context(), id)
	if err != nil {
		return err
	}
	c.Header("Location", "/v1/jobs/"+strconv.FormatInt(j.ID, 10))
	return sendValue(c, http.StatusAccepted, describeJob(j))
}
