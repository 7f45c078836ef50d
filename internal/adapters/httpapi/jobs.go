package httpapi

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

type jobList struct {
	Jobs []encode.Job `json:"jobs"`
}

// jobs answers GET /v1/jobs.
func (a *api) jobs(c *web.Call) error {
	list := jobList{Jobs: []encode.Job{}}
	for _, j := range a.uses.Jobs() {
		if c.Reaches(j.Database) {
			list.Jobs = append(list.Jobs, encode.JobOf(j))
		}
	}
	return c.SendValue(http.StatusOK, list)
}

// job answers GET /v1/jobs/{job}.
func (a *api) job(c *web.Call) error {
	j, err := a.namedJob(c)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.JobOf(j))
}

// cancelJob answers DELETE /v1/jobs/{job}, when the job has ended.
func (a *api) cancelJob(c *web.Call) error {
	j, err := a.namedJob(c)
	if err == nil {
		j, err = a.uses.CancelJob(c.Context(), j.ID)
	}
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.JobOf(j))
}

// rebuild answers POST /v1/databases/{id}/rebuild with the job that does it.
func (a *api) rebuild(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	err = c.Body(func(body []byte) error {
		if b := bytes.TrimSpace(body); len(b) > 0 && string(b) != "{}" {
			return domain.Errorf(domain.ErrInvalid, "a rebuild takes no body, or an empty object")
		}
		return nil
	})
	if err != nil {
		return err
	}
	j, err := a.uses.StartRebuild(c.Context(), id)
	if err != nil {
		return err
	}
	return sendNewJob(c, http.StatusAccepted, j)
}

// reembed answers POST /v1/databases/{id}/reembed with the job that does it.
func (a *api) reembed(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.Reembed
	err = c.Body(func(body []byte) (err error) {
		in, err = decode.Reembed(body)
		return err
	})
	if err != nil {
		return err
	}
	in.Database = id
	j, err := a.uses.StartReembed(c.Context(), in)
	if err != nil {
		return err
	}
	return sendNewJob(c, http.StatusAccepted, j)
}

// startImport answers POST /v1/databases/{id}/imports with the job that the import is
// listed as.
func (a *api) startImport(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var p app.ImportProgress
	err = c.Body(func(body []byte) (err error) {
		p, err = decode.ImportStart(body)
		return err
	})
	if err != nil {
		return err
	}
	j, err := a.uses.StartImport(id, p)
	if err != nil {
		return err
	}
	return sendNewJob(c, http.StatusCreated, j)
}

// reportImport answers POST /v1/jobs/{job}/progress with the job, which says whether it
// is to stop.
func (a *api) reportImport(c *web.Call) error {
	var p app.ImportProgress
	err := c.Body(func(body []byte) (err error) {
		p, err = decode.ImportReport(body)
		return err
	})
	if err != nil {
		return err
	}
	j, err := a.namedJob(c)
	if err != nil {
		return err
	}
	if j, err = a.uses.ReportImport(j.ID, p); err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.JobOf(j))
}

// namedJob returns the job that the path names, if the caller may know of it.
func (a *api) namedJob(c *web.Call) (app.Job, error) {
	id, err := jobID(c)
	if err != nil {
		return app.Job{}, err
	}
	j, err := a.uses.Job(id)
	if err == nil && !c.Reaches(j.Database) {
		err = app.JobNotFound(id)
	}
	return j, err
}

// sendNewJob answers with a job that has just begun.
func sendNewJob(c *web.Call, status int, j app.Job) error {
	c.Header().Set("Location", "/v1/jobs/"+strconv.FormatInt(j.ID, 10))
	return c.SendValue(status, encode.JobOf(j))
}
