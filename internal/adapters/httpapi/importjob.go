package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
)

// startImport answers POST /v1/databases/{id}/imports with the job that the import is
// listed as.
func (h *Handler) startImport(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	p, err := h.importProgress(c, importFields[:2])
	if err != nil {
		return err
	}
	j, err := h.svc.StartImport(id, p)
	if err != nil {
		return err
	}
	c.Header("Location", "/v1/jobs/"+strconv.FormatInt(j.ID, 10))
	return sendValue(c, http.StatusCreated, describeJob(j))
}

// reportImport answers POST /v1/jobs/{job}/progress with the job, which says whether it
// is to stop.
func (h *Handler) reportImport(c *gin.Context) error {
	p, err := h.importProgress(c, importFields)
	if err != nil {
		return err
	}
	j, err := h.namedJob(c)
	if err != nil {
		return err
	}
	if j, err = h.svc.ReportImport(j.ID, p); err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, describeJob(j))
}

// importFields are those of a report; the first two are also those of a beginning.
var importFields = []string{"done", "total", "state", "error"}

var jobStates = []string{string(app.JobRunning), string(app.JobDone), string(app.JobFailed), string(app.JobCanceled)}

// importProgress reads a body with the given fields; null, and an empty body, leave out.
func (h *Handler) importProgress(c *gin.Context, fields []string) (p app.ImportProgress, err error) {
	err = withBody(c, h.opts.BodyLimit, func(body []byte) error {
		if len(body) == 0 {
			return nil
		}
		var s wire.Scanner
		s.Reset(body)
		_, err := s.Object(fields, func(field int) (err error) {
			if s.Null() {
				return nil
			}
			switch fields[field] {
			case "done":
				p.Done, err = s.Int()
			case "total":
				p.Total, err = s.Int()
			case "state":
				var state string
				state, err = word(&s, jobStates)
				p.State = app.JobState(state)
			case "error":
				var text []byte
				text, err = s.Text()
				p.Error = string(text[:min(len(text), maxJobError)])
			}
			return err
		})
		if err == nil {
			err = s.End()
		}
		return err
	})
	return p, err
}

// maxJobError is how many bytes of the reason of a failure are kept.
const maxJobError = 1000
