package sqlite

import (
	"database/sql/driver"
	"encoding/json"
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
	found, err := t.doomed(string(list), check)
	if err != nil || len(found.ids) == 0 {
		return err
	}
	t.commit.Deleted = append(t.commit.Deleted, found.ids...)
	t.commit.Expired += found.expired
	t.db.Chunks -= int64(len(found.ids))
	for _, key := range found.keys {
		if err := t.removeKey(key); err != nil {
			return err
		}
	}
	there := idList(found.ids)
	if t.expiring {
		err = t.c.exec("DELETE FROM expiries WHERE number = ? AND chunk_id IN (SELECT value FROM json_each(?))", t.db.Number, there)
		if err != nil {
			return err
		}
	}
	err = t.c.exec("DELETE FROM "+tableName(t.db.ID)+" WHERE chunk_id IN (SELECT value FROM json_each(?))", there)
	if err != nil {
		return err
	}
	err = t.c.exec("DELETE FROM embeddings WHERE id IN (SELECT value + ? FROM json_each(?))", rowID(t.db.Number, 0), there)
	if err != nil {
		return err
	}
	return t.text.remove(found.ids)
}

// doomed are the chunks that a batch is about to delete.
type doomed struct {
	ids     []int64
	keys    []string
	expired int
}

// doomed finds the chunks in the JSON list of ids that are to go, and counts a change for
// each.
func (t *batchWriter) doomed(list string, check func(id, sequence int64) error) (found doomed, err error) {
	now := t.b.At.UnixMicro()
	sql := "SELECT chunk_id, key, sequence, expires_at FROM " + tableName(t.db.ID) +
		" WHERE chunk_id IN (SELECT value FROM json_each(?)) ORDER BY chunk_id"
	err = t.c.query(sql, func(row []driver.Value) error {
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
		t.changed(changeDelete, id, 0)
		return check(id, sequence)
	}, list)
	return found, err
}
