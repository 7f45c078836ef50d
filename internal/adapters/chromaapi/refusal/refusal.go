// Package refusal has the errors of Chroma's API in their own words: clients match some of
// them, and tell kinds apart by the status.
package refusal

import (
	"fmt"
	"net/http"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// Error is what a caller is told, with the status of its answer. Its name follows from that.
type Error struct {
	Status int
	Text   string
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Fault says what the caller is told; package web asks for it.
func (e *Error) Fault() web.Fault { return web.Fault{Status: e.Status, Code: "chroma", Text: e.Text} }

// New returns an Error with a formatted text.
func New(status int, format string, args ...any) *Error {
	return &Error{Status: status, Text: fmt.Sprintf(format, args...)}
}

// Invalid refuses a value: 400.
func Invalid(format string, args ...any) *Error { return New(http.StatusBadRequest, format, args...) }

// Unprocessable refuses a body whose fields are of other types than they have to be: 422.
func Unprocessable(format string, args ...any) *Error {
	return New(http.StatusUnprocessableEntity, format, args...)
}

// NotFound says that something does not exist: 404.
func NotFound(format string, args ...any) *Error { return New(http.StatusNotFound, format, args...) }

// Exists says that something exists already: 409.
func Exists(format string, args ...any) *Error { return New(http.StatusConflict, format, args...) }

// Unimplemented says that memista has not got something, and why: 501.
func Unimplemented(format string, args ...any) *Error {
	return New(http.StatusNotImplemented, format, args...)
}

// noRoute is the code of the fault that no route takes a request: its own text is about
// memista's API.
const noRoute = "route_not_found"

// Format is the form of errors of the API: web.ErrorFormat.
func Format(f web.Fault) (status int, body []byte) {
	switch f.Code {
	case noRoute:
		f.Text = "there is no such route in the part of Chroma's API that memista has"
	case "dimension_mismatch", "not_finite", "zero_vector":
		f.Status = http.StatusBadRequest // as for all that is wrong with an embedding
	}
	b := append(make([]byte, 0, 128), `{"error":"`...)
	b = append(append(b, nameOf(f.Status)...), `","message":`...)
	return f.Status, append(wire.AppendString(b, f.Text), "}\n"...)
}

// nameOf returns the name that errors with a status have: the Python client makes its
// exceptions of it.
func nameOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "InvalidArgumentError"
	case http.StatusNotFound:
		return "NotFoundError"
	case http.StatusInternalServerError:
		return "InternalError"
	}
	return "ChromaError"
}
