package httpapi

import (
	"strconv"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// databaseID returns the database id in the path.
func databaseID(c *web.Call) (string, error) { return c.PathValue("id") }

// naming reads from the path which chunk a request is about.
type naming func(*web.Call) (app.Ref, error)

// named returns the database and the chunk that the path names.
func (name naming) named(c *web.Call) (database string, ref app.Ref, err error) {
	database, err = databaseID(c)
	if err == nil {
		ref, err = name(c)
	}
	return database, ref, err
}

// byID returns the chunk that the path names by its id.
func byID(c *web.Call) (app.Ref, error) {
	text, err := c.PathValue("chunk_id")
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
func byKey(c *web.Call) (app.Ref, error) {
	key, err := c.PathValue("key")
	return app.Ref{Key: key}, err
}

// jobID returns the id of the job that the path names.
func jobID(c *web.Call) (int64, error) {
	text, err := c.PathValue("job")
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, domain.Errorf(domain.ErrInvalid, "the id of a job in the path must be an integer from 1 on")
	}
	return id, nil
}

// numberParam returns the query parameter name, which is a whole number from 0 on.
func numberParam(c *web.Call, name string, def int64) (int64, error) {
	text, ok := c.Query(name)
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, domain.Errorf(domain.ErrInvalid, "%s must be a whole number from 0 on", name)
	}
	return n, nil
}

// skipParam returns the query parameter skip.
func skipParam(c *web.Call) (int, error) {
	n, err := numberParam(c, "skip", 0)
	return int(min(n, 1<<31-1)), err
}

// limitParam returns the query parameter limit, which is at least 1.
func limitParam(c *web.Call, def int64) (int64, error) {
	limit, err := numberParam(c, "limit", def)
	if err == nil && limit == 0 {
		err = domain.Errorf(domain.ErrInvalid, "limit must be at least 1")
	}
	return limit, err
}
