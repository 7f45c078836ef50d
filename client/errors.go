package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// The codes of requests that are refused before they are sent.
const (
	invalid   = "invalid_request"
	notFinite = "not_finite"
)

// kinds are what errors.Is finds in an Error, by its code.
var kinds = map[string]error{
	invalid: ErrInvalid, notFinite: ErrNotFinite, "unauthorized": ErrUnauthorized, "forbidden": ErrForbidden,
	"not_found": ErrNotFound, "conflict": ErrConflict, "too_large": ErrTooLarge, "limit_reached": ErrLimit,
	"dimension_mismatch": ErrDimension, "zero_vector": ErrZeroVector, "embedder": ErrEmbedder, "reranker": ErrReranker, "too_busy": ErrBusy, "start_over": ErrStartOver, "unsupported": ErrUnsupported,
	"disk_full": ErrDiskFull, "read_only": ErrReadOnly, "corrupt": ErrCorrupt, "shutting_down": ErrClosed, "unavailable": ErrUnavailable,
}

// Error says why a request was refused, by the server or before it was sent.
type Error struct {
	Status    int    // of HTTP; 0: it was not sent
	Code      string // for programs: "not_found", "dimension_mismatch", …; "": not memista's answer
	Message   string // for people: what is wrong and what to do
	RequestID string // under which the server's log has it

	after time.Duration // what Retry-After says
}

// Error returns the server's text.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the kind of e, such as ErrNotFound; nil: it has none.
func (e *Error) Unwrap() error { return kinds[e.Code] }

// refuse returns the Error of a request that is not sent.
func refuse(code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// maxAnswer bounds what is read of an answer that is an error.
const maxAnswer = 1 << 20

// refusal turns an answer of another status than 2xx into an *Error.
func refusal(res *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	after := retryAfter(res.Header.Get("Retry-After"))
	var sent struct {
		Error     string `json:"error"`
		Code      string `json:"code"`
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(raw, &sent) != nil || sent.Error == "" {
		// Something between us and memista has answered, or net/http itself.
		return &Error{Status: res.StatusCode, Message: res.Status + " from " + res.Request.URL.Host + sentence(string(raw)), after: after}
	}
	return &Error{Status: res.StatusCode, Code: sent.Code, Message: sent.Error, RequestID: sent.RequestID, after: after}
}

// sentence returns what a short answer in plain text says, with a colon before it.
func sentence(answer string) string {
	answer = strings.TrimSpace(answer)
	if answer == "" || len(answer) > 200 || !utf8.ValidString(answer) || strings.ContainsAny(answer, "<\n\r\x1b") {
		return ""
	}
	return ": " + answer
}
