package sqlite

import (
	"database/sql/driver"
	"encoding/json"

	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/reembed"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
)

// delete removes the chunks called ids, in their order; check can refuse each by its id
// and the change that wrote it.
func (t *batchWriter) delete(ids []int64, check func(id, sequence int64) error) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	found, err := t.findToDelete(string(list), check)
	if err != nil || len(found.ids) == 0 {
		return err
	}
	t.commit.Deleted = append(t.commit.Deleted, found.ids...)
	t.commit.Expired += found.expired
	t.db.Chunks -= int64(len(found.ids))
	if t.kept.FedUntil != 0 {
		t.gone = append(t.gone, found.keys...)
	}
	for _, key := range found.keys {
		if err := t.removeKey(key); err != nil {
			return err
		}
	}
	there := schema.IDList(found.ids)
	if t.expiring {
		err = t.c.Exec("DELETE FROM expiries WHERE number = ? AND chunk_id IN (SELECT value FROM json_each(?))", t.db.Number, there)
		if err != nil {
			return err
		}
	}
	err = t.c.Exec("DELETE FROM "+schema.TableName(t.db.ID)+" WHERE chunk_id IN (SELECT value FROM json_each(?))", there)
	if err != nil {
		return err
	}
	err = t.c.Exec("DELETE FROM embeddings WHERE id IN (SELECT value + ? FROM json_each(?))", t.kept.Slot.RowID(t.db.Number, 0), there)
	if err == nil && t.db.Sparse.Len() > 0 {
		err = sparse.Delete(t.c, t.db.Number, there)
	}
	if err == nil && t.db.Vectors.Len() > 0 {
		err = named.Delete(t.c, t.db.Number, there)
	}
	if err == nil && t.kept.Reembedding {
		err = reembed.Deleted(t.c, t.db.Number, t.kept.Slot, there)
	}
	if err != nil {
		return err
	}
	return t.text.Remove(found.ids)
}

// toDelete are the chunks that a batch is about to delete.
type toDelete struct {
	ids     []int64
	keys    []string
	expired int
}

// findToDelete finds the chunks in the JSON list of ids that are to be deleted, and counts a change for
// each.
func (t *batchWriter) findToDelete(list string, check func(id, sequence int64) error) (found toDelete, err error) {
	now := t.b.At.UnixMicro()
	sql := "SELECT chunk_id, key, sequence, expires_at FROM " + schema.TableName(t.db.ID) +
		" WHERE chunk_id IN (SELECT value FROM json_each(?)) ORDER BY chunk_id"
	err = t.c.Query(sql, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		key, keyed := row[1].(string)
		sequence, _ := row[2].(int64)
		at, expires := row[3].(int64)
		expired := expires && !t.b.At.IsZero() && at <= now
		if t.b.ExpiredOnly && !expired {
			return nil
		}
		if expired {
			found.expired++
		}
		if keyed {
			found.keys = append(found.keys, key)
		}
		found.ids = append(found.ids, id)
		t.changed(schema.ChangeDelete, id, 0)
		return check(id, sequence)
	}, list)
	return found, err
}

// makeRoom takes away what stands in the way of the chunks of a load, and sees to it that no id
// is given again that they have.
func (t *batchWriter) makeRoom() error {
	ids, next, err := feed.InTheWay(t.c, t.db.Number, t.next, t.b)
	if err != nil {
		return err
	}
	t.next = next
	before := len(t.commit.Deleted)
	if err := t.delete(ids, t.checkUnchanged); err != nil {
		return err
	}
	t.commit.Deleted = append(t.commit.Deleted[:before], feed.Gone(t.commit.Deleted[before:], t.b.Put)...)
	if next == t.kept.NextID {
		return nil
	}
	return t.c.Exec("UPDATE databases SET next_id = ? WHERE number = ?", next, t.db.Number)
}
