package feed

import (
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// InTheWay returns the chunks that must go before those of the load b are stored in a database:
// those that have their ids, and those that have their keys, in ascending order. No chunk is
// there with the id next or a higher one; free is the next id after the load.
func InTheWay(c *conn.Conn, number, next int64, b *domain.Batch) (ids []int64, free int64, err error) {
	free = max(next, min(b.Load.NextID, schema.MaxID+1))
	var keys []string
	for i := range b.Put {
		chunk := &b.Put[i]
		if chunk.ID < 1 || chunk.ID > schema.MaxID {
			err := domain.Errorf(domain.ErrTooLarge, "chunk ids here are between 1 and %d, not %d", int64(schema.MaxID), chunk.ID)
			return nil, 0, domain.At(err, "chunks["+strconv.Itoa(i)+"]")
		}
		free = max(free, chunk.ID+1)
		if chunk.ID < next {
			ids = append(ids, chunk.ID)
		}
		if chunk.Key != "" {
			keys = append(keys, chunk.Key)
		}
	}
	if len(keys) > 0 {
		list, err := json.Marshal(keys)
		if err != nil {
			return nil, 0, err
		}
		err = c.Query("SELECT chunk_id FROM keys WHERE number = ? AND key IN (SELECT value FROM json_each(?))", func(row []driver.Value) error {
			id, _ := row[0].(int64)
			ids = append(ids, id)
			return nil
		}, number, string(list))
		if err != nil {
			return nil, 0, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), free, nil
}

// Gone returns those of deleted that are not stored again.
func Gone(deleted []int64, put []domain.Chunk) []int64 {
	if len(deleted) == 0 {
		return nil
	}
	again := make(map[int64]struct{}, len(put))
	for i := range put {
		again[put[i].ID] = struct{}{}
	}
	gone := []int64{}
	for _, id := range deleted {
		if _, is := again[id]; !is {
			gone = append(gone, id)
		}
	}
	return gone
}
