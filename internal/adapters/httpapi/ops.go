package httpapi

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// healthz answers GET /healthz: the process is alive.
func (a *api) healthz(c *web.Call) error {
	c.Send(http.StatusOK, []byte(`{"status":"ok"}`+"\n"))
	return nil
}

// ready is the answer of GET /readyz.
type ready struct {
	Status     string           `json:"status"`
	SIMD       string           `json:"simd"`
	FullText   bool             `json:"full_text"`
	Problems   []encode.Problem `json:"problems,omitempty"`
	Conditions []condition      `json:"conditions,omitempty"`
}

type condition struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// readyz answers GET /readyz: requests can be served, and by which instruction set. While
// the data or the disk has a problem they still can, as far as they only read, so that is
// no reason to send callers elsewhere: the status is then degraded. Conditions are what
// comes and goes with the load.
func (a *api) readyz(c *web.Call) error {
	if a.opts.Ready != nil {
		if err := a.opts.Ready(c.Context()); err != nil {
			return notReady(err)
		}
	}
	conditions, err := a.uses.Conditions()
	if err != nil {
		return notReady(err)
	}
	problems := a.uses.Problems()
	if a.web.Keyed() {
		for i := range problems {
			problems[i].Database = "" // the caller has shown no key that reaches it
		}
	}
	answer := ready{Status: "ready", SIMD: a.opts.Version.SIMD, FullText: a.opts.Version.SQLite.FullText, Problems: encode.Problems(problems, codeOf)}
	if len(answer.Problems) > 0 {
		answer.Status = "degraded"
	}
	for _, cond := range conditions {
		answer.Conditions = append(answer.Conditions, condition{Reason: cond.Reason, Detail: cond.Detail})
	}
	return c.SendValue(http.StatusOK, answer)
}

// notReady is err if its kind says so already, else ErrUnavailable with its text.
func notReady(err error) error {
	if web.FaultOf(err).Status == http.StatusServiceUnavailable {
		return err
	}
	return domain.Errorf(domain.ErrUnavailable, "not ready: %v", err)
}

// codeOf names the code that requests which end in err are answered with.
func codeOf(err error) string { return web.FaultOf(err).Code }

// version answers GET /version.
func (a *api) version(c *web.Call) error { return c.SendValue(http.StatusOK, a.opts.Version) }

// metrics answers GET /metrics.
func (a *api) metrics(c *web.Call) error { return c.SendMetrics(http.StatusOK) }

//go:embed openapi.yaml
var openapiYAML []byte

// openapiJSON is the contract as JSON, converted at first use.
var openapiJSON = sync.OnceValues(func() ([]byte, error) {
	var doc any
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(doc)
})

// OpenAPI returns the contract of the API: an OpenAPI 3.1 document in YAML.
func OpenAPI() []byte { return append([]byte(nil), openapiYAML...) }

// openapi answers GET /openapi.json.
func (a *api) openapi(c *web.Call) error {
	doc, err := openapiJSON()
	if err != nil {
		return err
	}
	c.Send(http.StatusOK, doc)
	return nil
}

// A backup is sent in parts, each of which may take so long: its caller may be slow, but
// not stop.
const (
	backupPart    = 1 << 20
	backupPartMax = time.Minute
)

// backup answers GET /v1/backup with a SQLite file. It is whole before the first byte is
// sent, so an error in making it is answered as any other. An answer that is cut off is
// shorter than its Content-Length says.
func (a *api) backup(c *web.Call) (err error) {
	file, err := a.uses.Backup(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	header := c.Header()
	header.Set("Content-Type", "application/vnd.sqlite3")
	header.Set("Content-Length", strconv.FormatInt(file.Size(), 10))
	header.Set("Content-Disposition", `attachment; filename="memista-`+time.Now().UTC().Format("20060102-150405")+`.db"`)
	c.Writer().WriteHeader(http.StatusOK)
	return sendFile(c.Writer(), file)
}

// sendFile sends file part by part. When it fails the answer has begun, and all that can
// be done is to break it off.
func sendFile(w http.ResponseWriter, file io.Reader) error {
	control := http.NewResponseController(w)
	for {
		// Not every writer has a deadline to set; those of net/http do.
		_ = control.SetWriteDeadline(time.Now().Add(backupPartMax))
		switch _, err := io.CopyN(w, file, backupPart); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
