package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
)

// ImportStart reads the body that starts an import; null, and an empty body, leave out.
func ImportStart(body []byte) (app.ImportProgress, error) {
	return importProgress(body, importFields[:2])
}

// ImportReport reads the body that reports how far an import is; null, and an empty body,
// leave out.
func ImportReport(body []byte) (app.ImportProgress, error) { return importProgress(body, importFields) }

// importFields are those of a report; the first two are also those of a start.
var importFields = []string{"done", "total", "state", "error"}

var jobStates = []string{string(app.JobRunning), string(app.JobDone), string(app.JobFailed), string(app.JobCanceled)}

func importProgress(body []byte, fields []string) (p app.ImportProgress, err error) {
	if len(body) == 0 {
		return p, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(fields, func(field int) (err error) {
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
	return p, err
}

// maxJobError is how many bytes of the reason of a failure are kept.
const maxJobError = 1000
