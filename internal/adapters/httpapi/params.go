package httpapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/domain"
)

// databaseID returns the database id in the path.
func databaseID(c *gin.Context) (string, error) { return pathValue(c, "id") }

// chunkID returns the chunk id in the path.
func chunkID(c *gin.Context) (int64, error) {
	text, err := pathValue(c, "chunk_id")
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, domain.Errorf(domain.ErrInvalid, "chunk_id in the path must be an integer from 1 on")
	}
	return id, nil
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
	for name := range values {
		if !slices.Contains(known, name) {
			return domain.Errorf(domain.ErrInvalid, "unknown query parameter: this route knows %s", orNone(known))
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

// include returns what the include parameter names, as in include=text,embedding.
func include(c *gin.Context) (domain.Fields, error) {
	lists, ok := c.GetQueryArray("include")
	if !ok {
		return domain.DefaultFields, nil
	}
	var fields domain.Fields
	for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		f, ok := includes[name]
		if !ok && name != "" {
			return 0, domain.Errorf(domain.ErrInvalid, "include takes text, metadata and embedding, nothing else")
		}
		fields |= f
	}
	return fields, nil
}
