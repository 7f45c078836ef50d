package httpapi

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// databaseID returns the database id in the path.
func databaseID(c *gin.Context) (string, error) { return pathValue(c, "id") }

// byID returns the chunk that the path names by its id.
func byID(c *gin.Context) (app.Ref, error) {
	text, err := pathValue(c, "chunk_id")
	if err != nil {
		return app.Ref{}, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return app.Ref{}, domain.Errorf(domain.ErrInvalid, "chunk_id in the path must be an integer from 1 on")
	}
	return app.Ref{ID: id}, nil
}

// byKey returns the chunk that the path names by its key, percent-encoded.
func byKey(c *gin.Context) (app.Ref, error) {
	key, err := pathValue(c, "key")
	return app.Ref{Key: key}, err
}

// naming reads from the path which chunk a request is about.
type naming func(*gin.Context) (app.Ref, error)

// named returns the database and the chunk that the path names.
func (name naming) named(c *gin.Context) (database string, ref app.Ref, err error) {
	database, err = databaseID(c)
	if err == nil {
		ref, err = name(c)
	}
	return database, ref, err
}

func pathValue(c *gin.Context, name string) (string, error) {
	v, err := url.PathUnescape(c.Param(name))
	if err != nil {
		return "", domain.Errorf(domain.ErrInvalid, "%s in the path is not properly percent-encoded", name)
	}
	return v, nil
}

// checkQuery refuses query parameters that a route does not know.
func checkQuery(raw string, known []string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "the query is not properly percent-encoded")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return domain.Errorf(domain.ErrInvalid, "unknown query parameter %.40q: this route knows %s", name, orNone(known))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
