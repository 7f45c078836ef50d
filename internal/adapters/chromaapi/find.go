package chromaapi

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// find returns the collection that the path names by its UUID, whatever tenant and database
// stand before it.
func (a *api) find(c *web.Call) (col collection.Collection, err error) {
	text, err := c.PathValue("collection")
	if err != nil {
		return col, err
	}
	id, ok := collection.ParseUUID(text)
	if !ok {
		return col, refusal.Invalid("Collection ID is not a valid UUIDv4")
	}
	col, err = a.cols.FindUUID(c.Context(), id)
	if errors.Is(err, domain.ErrNotFound) || err == nil && !c.Reaches(col.Called()) {
		err = noRecords(id)
	}
	return col, err
}

// noRecords is the error for a collection that is named by its UUID and does not exist.
func noRecords(id collection.UUID) error {
	return refusal.NotFound("Collection [%s] does not exist.", id)
}

// gone is err of a use case on col, in whose words a database that was dropped meanwhile
// would be another thing than a collection.
func gone(err error, col collection.Collection) error {
	if errors.Is(err, domain.ErrNotFound) {
		return noRecords(col.UUID)
	}
	return err
}

// wrongDims refuses embeddings of another length than a collection has.
func wrongDims(want, got int) error {
	return refusal.Invalid("Collection expecting embedding with dimension of %d, got %d", want, got)
}

// count answers GET /collections/{uuid}/count.
func (a *api) count(c *web.Call) error {
	col, err := a.find(c)
	if err != nil {
		return err
	}
	d, err := a.cols.Describe(c.Context(), col)
	if err != nil {
		return gone(err, col)
	}
	send(c, http.StatusOK, strconv.FormatInt(d.State.Chunks, 10))
	return nil
}
