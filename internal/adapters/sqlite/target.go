package sqlite

import (
	"database/sql/driver"
	"errors"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// at says in err's message which chunk of the batch it is about, if err is the caller's.
func at(err error, i int) error {
	if _, ours := errors.AsType[*domain.Error](err); !ours {
		return err
	}
	return domain.At(err, "chunks["+strconv.Itoa(i)+"]")
}

// target finds the chunk that chunk replaces: 0 if it is new. With skip the chunk with
// that id stays as it is.
func (t *batchWriter) target(chunk *domain.Chunk) (id int64, skip bool, err error) {
	if t.b.Load != nil {
		return chunk.ID, false, nil
	}
	if chunk.ID != 0 {
		return chunk.ID, false, t.targetID(chunk)
	}
	if chunk.Key == "" {
		return 0, false, nil
	}
	id, found, err := t.keyOwner(chunk.Key)
	if err != nil || !found {
		return 0, false, err
	}
	switch t.b.OnConflict {
	case domain.Skip:
		return id, true, nil
	case domain.Refuse:
		return 0, false, domain.Errorf(domain.ErrConflict, "key '%s' exists already, as chunk %d", chunk.Key, id)
	case domain.Replace:
	default:
		return 0, false, domain.Errorf(domain.ErrInvalid, "unknown way %d to handle a conflict", t.b.OnConflict)
	}
	if t.b.IfSequence == 0 {
		return id, false, nil
	}
	_, sequence, _, err := t.stored(id)
	if err == nil {
		err = t.checkUnchanged(id, sequence)
	}
	return id, false, err
}

// targetID checks the chunk with chunk's id, and moves its key if chunk has another.
func (t *batchWriter) targetID(chunk *domain.Chunk) error {
	key, sequence, found, err := t.stored(chunk.ID)
	if err != nil {
		return err
	}
	if !found {
		return domain.ChunkNotFound(chunk.ID)
	}
	if err := t.checkUnchanged(chunk.ID, sequence); err != nil {
		return err
	}
	if key == chunk.Key {
		return nil
	}
	if key != "" {
		if err := t.removeKey(key); err != nil {
			return err
		}
	}
	if chunk.Key == "" {
		return nil
	}
	owner, taken, err := t.keyOwner(chunk.Key)
	if err != nil {
		return err
	}
	if taken {
		return domain.Errorf(domain.ErrConflict, "key '%s' exists already, as chunk %d", chunk.Key, owner)
	}
	return t.addKey(chunk.Key, chunk.ID)
}

// stored returns the key and the sequence of the chunk called id.
func (t *batchWriter) stored(id int64) (key string, sequence int64, found bool, err error) {
	if err := t.rows.flush(); err != nil { // it may be a row of this batch
		return "", 0, false, err
	}
	err = t.c.Query("SELECT key, sequence FROM "+schema.TableName(t.db.ID)+" WHERE chunk_id = ?", func(row []driver.Value) error {
		key, _ = row[0].(string)
		sequence, found = row[1].(int64)
		return nil
	}, id)
	return key, sequence, found, err
}

func (t *batchWriter) keyOwner(key string) (id int64, found bool, err error) {
	return t.c.Integer("SELECT chunk_id FROM keys WHERE number = ? AND key = ?", t.db.Number, key)
}

func (t *batchWriter) addKey(key string, id int64) error {
	t.keyed++
	return t.c.Exec("INSERT INTO keys (number, key, chunk_id) VALUES (?, ?, ?)", t.db.Number, key, id)
}

func (t *batchWriter) removeKey(key string) error {
	t.keyed--
	return t.c.Exec("DELETE FROM keys WHERE number = ? AND key = ?", t.db.Number, key)
}

// checkUnchanged refuses to overwrite a change that the caller of the batch has not seen.
func (t *batchWriter) checkUnchanged(id, sequence int64) error {
	if t.b.IfSequence != 0 && sequence > t.b.IfSequence {
		return domain.Errorf(domain.ErrConflict, "Chunk %d has been changed meanwhile: read it again", id)
	}
	return nil
}

// checkEmbedding refuses to leave the embedding of the chunk called id as it is if that is not
// the given one: a batch that was made beside others may not know.
func (t *batchWriter) checkEmbedding(id int64, embedding []byte) error {
	if err := t.rows.flush(); err != nil { // it may be a row of this batch
		return err
	}
	rowID := t.kept.Slot.RowID(t.db.Number, id)
	var same bool
	var err error
	if embedding != nil {
		_, same, err = t.c.Integer("SELECT 1 FROM embeddings WHERE id = ? AND embedding = ?", rowID, embedding)
	} else {
		_, same, err = t.c.Integer("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM embeddings WHERE id = ?)", rowID)
	}
	if err == nil && !same {
		err = domain.Errorf(domain.ErrConflict, "Chunk %d has got another embedding meanwhile: read it again", id)
	}
	return err
}

// changed counts one change and takes it into the running hash.
func (t *batchWriter) changed(kind schema.ChangeKind, id int64, crc uint32) {
	t.db.Sequence++
	t.db.Hash = schema.NextHash(t.db.Hash, kind, t.db.Sequence, id, crc)
}
