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

// kind is what errors.Is compares: the code of an Error.
type kind string

// Error names the kind.
func (k kind) Error() string { return "memista: " + string(k) }

const (
	invalid   kind = "invalid_request"
	notFinite kind = "not_finite"
)

// The kinds of errors, for errors.Is; those of package memista have the same names.
var (
	ErrInvalid      error = invalid                    // a bad argument: id, key, k, metadata, …
	ErrUnauthorized error = kind("unauthorized")       // no API key, or a wrong one
	ErrForbidden    error = kind("forbidden")          // the API key has not the scope
	ErrNotFound     error = kind("not_found")          // no such database, chunk or job
	ErrConflict     error = kind("conflict")           // exists with other settings, or a key that exists
	ErrTooLarge     error = kind("too_large")          // over a limit
	ErrLimit        error = kind("limit_reached")      // there are as many databases as may be
	ErrDimension    error = kind("dimension_mismatch") // an embedding of the wrong dimension
	ErrNotFinite    error = notFinite                  // NaN or infinity in an embedding
	ErrZeroVector   error = kind("zero_vector")        // no direction, under the metric cosine
	ErrBusy         error = kind("too_busy")           // too much at once, also after the last try
	ErrUnsupported  error = kind("unsupported")        // the server's build lacks it
	ErrDiskFull     error = kind("disk_full")          // nothing was stored; reads go on
	ErrReadOnly     error = kind("read_only")          // after a fault of the server's disk
	ErrCorrupt      error = kind("corrupt")            // what the server has on disk is damaged
)

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

// Is reports whether e is of the kind target, such as ErrNotFound.
func (e *Error) Is(target error) bool { return e.Code != "" && target == kind(e.Code) }

// refuse returns the Error of a request that is not sent.
func refuse(k kind, format string, args ...any) error {
	return &Error{Code: string(k), Message: fmt.Sprintf(format, args...)}
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
