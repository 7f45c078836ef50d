package qdrantapi

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// inWords returns err in Qdrant's words, where there are such: clients look for them.
func inWords(err error) error {
	if err == nil || said.Is(err) {
		return err
	}
	if e, ok := errors.AsType[*collection.NameError](err); ok {
		return nameInWords(e)
	}
	switch {
	case errors.Is(err, domain.ErrDimension): // a vector that another one was stored before
		return said.Wrong("Vector dimension error: %s", err)
	case errors.Is(err, domain.ErrInvalid), errors.Is(err, domain.ErrNotFinite), errors.Is(err, domain.ErrZeroVector):
		if e, ok := errors.AsType[*domain.Error](err); ok {
			return said.Wrong("%s", e.Error())
		}
	}
	return err
}

// nameInWords is inWords for an error about the name of something.
func nameInWords(e *collection.NameError) error {
	switch {
	case errors.Is(e, domain.ErrNotFound) && e.What == collection.AnAlias:
		return said.NotFound("Alias %s does not exists!", e.Name)
	case errors.Is(e, domain.ErrNotFound):
		return said.NoCollection(e.Name)
	case e.What == collection.AnAlias:
		return said.Conflict("Alias `%s` already exists!", e.Name)
	}
	return said.CollectionExists(e.Name)
}

// inWords returns err in Qdrant's words where it is about the collection called name.
func (t *target) inWords(err error) error {
	if err == nil || said.Is(err) {
		return err
	}
	_, isName := errors.AsType[*collection.NameError](err)
	if errors.Is(err, domain.ErrNotFound) && !isName {
		return said.NoCollection(t.name) // it was dropped meanwhile
	}
	return inWords(err)
}

// The answers to requests without a key, and with one that is not known.
const (
	noKey  = "Must provide an API key or an Authorization bearer token"
	badKey = "Invalid API key or JWT"
)

// errorFormat is the form of errors.
func errorFormat(f web.Fault) (status int, body []byte) {
	text := f.Text
	switch f.Status {
	case http.StatusUnauthorized:
		if text = badKey; f.NoKey {
			text = noKey
		}
	case http.StatusForbidden:
		text = "Forbidden: " + text
	case http.StatusNotFound:
		if f.Code == "route_not_found" {
			text = "Not found: this is no route of the API of Qdrant that memista has"
		}
	}
	return f.Status, encode.AppendError(nil, text)
}

// refused are the routes that memista does not have on purpose, and why.
var refused = []struct {
	path *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`^(/collections/[^/]+)?/snapshots(/|$)`), "memista has no snapshots: GET /v1/backup gives a copy of everything"},
	{regexp.MustCompile(`^/collections/[^/]+/shards(/|$)`), "memista has no shards: a collection is in one place"},
	{regexp.MustCompile(`^/collections/[^/]+/vectors/`), "memista keeps one dense vector for each point: a collection gets no further ones"},
	{regexp.MustCompile(`^/cluster/`), "memista has no cluster"},
	{regexp.MustCompile(`^/quotas(/|$)`), "memista has no quotas"},
	{regexp.MustCompile(`^/collections/[^/]+/optimizations(/|$)`), "memista tells nothing of its optimizations: GET /metrics has figures"},
}

// refuse answers requests for what memista does not have on purpose.
func refuse(c *web.Call) bool {
	path := strings.TrimSuffix(c.Request.URL.EscapedPath(), "/")
	for _, r := range refused {
		if r.path.MatchString(path) {
			c.Send(http.StatusNotImplemented, encode.AppendError(nil, r.why))
			return true
		}
	}
	return false
}
