package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/domain"
)

// healthz answers GET /healthz: the process is alive.
func (h *Handler) healthz(c *gin.Context) error {
	send(c, http.StatusOK, []byte(`{"status":"ok"}`+"\n"))
	return nil
}

// readyJSON is the answer of GET /readyz.
type readyJSON struct {
	Status     string          `json:"status"`
	SIMD       string          `json:"simd"`
	FullText   bool            `json:"full_text"`
	Problems   []problemJSON   `json:"problems,omitempty"`
	Conditions []conditionJSON `json:"conditions,omitempty"`
}

type conditionJSON struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// readyz answers GET /readyz: requests can be served, and by which instruction set. While
// the data or the disk has a problem they still can, as far as they only read, so that is
// no reason to send callers elsewhere: the status is then degraded. Conditions are what
// comes and goes with the load.
func (h *Handler) readyz(c *gin.Context) error {
	if h.opts.Ready != nil {
		if err := h.opts.Ready(c.Request.Context()); err != nil {
			return notReady(err)
		}
	}
	conditions, err := h.svc.Conditions()
	if err != nil {
		return notReady(err)
	}
	problems := h.svc.Problems()
	if h.keyed() {
		for i := range problems {
			problems[i].Database = "" // whoever asks has shown no key that reaches it
		}
	}
	answer := readyJSON{Status: "ready", SIMD: h.opts.Version.SIMD, FullText: h.opts.Version.SQLite.FullText, Problems: describeProblems(problems)}
	if len(answer.Problems) > 0 {
		answer.Status = "degraded"
	}
	for _, cond := range conditions {
		answer.Conditions = append(answer.Conditions, conditionJSON{Reason: cond.Reason, Detail: cond.Detail})
	}
	return sendValue(c, http.StatusOK, answer)
}

// notReady is err if its kind says so already, else ErrUnavailable with its text.
func notReady(err error) error {
	if a, _ := answerTo(err); a.status == http.StatusServiceUnavailable {
		return err
	}
	return domain.Errorf(domain.ErrUnavailable, "not ready: %v", err)
}

// version answers GET /version.
func (h *Handler) version(c *gin.Context) error {
	return sendValue(c, http.StatusOK, h.opts.Version)
}
