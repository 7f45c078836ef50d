// Package said has the errors of the Qdrant API in Qdrant's own words: clients look for them.
package said

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
)

// Error is an error whose message is sent as it is. It unwraps to a *domain.Error.
type Error struct {
	err    *domain.Error
	status int
}

// Error returns the message.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error with message and kind.
func (e *Error) Unwrap() error { return e.err }

// Fault returns what the caller of a request that ends in e is told.
func (e *Error) Fault() web.Fault {
	return web.Fault{Status: e.status, Code: web.FaultOf(e.err).Code, Text: e.Error()}
}

func of(kind error, status int, format string, args ...any) error {
	return &Error{&domain.Error{Kind: kind, Message: fmt.Sprintf(format, args...)}, status}
}

// Is reports whether err is in Qdrant's words already.
func Is(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// Wrong is the error for input that makes no sense: 400.
func Wrong(format string, args ...any) error {
	return of(domain.ErrInvalid, http.StatusBadRequest, "Wrong input: "+format, args...)
}

// Format is the error for a body that is no JSON, or not of the right types: 400.
func Format(err error) error {
	if Is(err) || !errors.Is(err, domain.ErrInvalid) && !errors.Is(err, domain.ErrNotFinite) {
		return err
	}
	return of(domain.ErrInvalid, http.StatusBadRequest, "Format error in JSON body: %s", err)
}

// Validation is the error for a value that is out of range: 422.
func Validation(field, rule string) error {
	return of(domain.ErrInvalid, http.StatusUnprocessableEntity, "Validation error in JSON body: [%s: %s]", field, rule)
}

// NoCollection is the error for a collection that is not there: 404.
func NoCollection(name string) error {
	return of(domain.ErrNotFound, http.StatusNotFound, "Not found: Collection `%s` doesn't exist!", name)
}

// CollectionExists is the error for a collection that is there: 409.
func CollectionExists(name string) error {
	return of(domain.ErrConflict, http.StatusConflict, "Wrong input: Collection `%s` already exists!", name)
}

// Conflict is the error for anything else that is there: 409.
func Conflict(format string, args ...any) error {
	return of(domain.ErrConflict, http.StatusConflict, "Wrong input: "+format, args...)
}

// Forbidden is the error for what the caller's key does not allow: 403.
func Forbidden(format string, args ...any) error {
	return of(domain.ErrNotFound, http.StatusForbidden, "Forbidden: "+format, args...)
}

// NotFound is the error for anything that is not there: 404.
func NotFound(format string, args ...any) error {
	return of(domain.ErrNotFound, http.StatusNotFound, "Not found: "+format, args...)
}

// NoPoint is the error for a point that a request needs: 404.
func NoPoint(id collections.ID) error { return NotFound("No point with id %s found", id.String()) }

// PointMissing is the error for a point that is asked for: 404.
func PointMissing(id collections.ID) error {
	return NotFound("Point with id %s does not exists!", id.String())
}

// Dimension is the error for a vector of the wrong length: 400.
func Dimension(want, got int) error {
	return Wrong("Vector dimension error: expected dim: %d, got %d", want, got)
}

// NoVector is the error for the name of a vector that the collection does not have: 400.
func NoVector(name string) error { return Wrong("Not existing vector name error: %s", name) }

// Unsupported is the error for what memista does not do: 501.
func Unsupported(format string, args ...any) error {
	return of(domain.ErrUnsupported, http.StatusNotImplemented, format, args...)
}
