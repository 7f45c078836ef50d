package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is what the state file holds: the last row that is stored, and where.
type state struct {
	Fingerprint string `json:"fingerprint"`
	Database    string `json:"database"`
	Row         int64  `json:"row"`
	Cursor      string `json:"cursor,omitempty"`
	Rows        int64  `json:"rows"`
	ChunkID     int64  `json:"chunk_id"`
	Key         string `json:"key"`
}

// begin finds out where the import starts and moves the source there.
func (im *run) begin(ctx context.Context) error {
	im.done.Size = im.src.Size()
	if im.Batch < 1 {
		return fmt.Errorf("a batch of %d rows", im.Batch)
	}
	st, why, err := im.resume(ctx)
	if err != nil {
		return err
	}
	if st.Row > 0 {
		found, err := im.skip(ctx, st)
		if err != nil {
			return err
		}
		if !found {
			st, why = state{}, im.changed()
		}
		im.start, im.done.Row, im.done.Read = st.Rows, st.Row, im.src.Read()
	}
	if im.Began != nil {
		im.Began(st.Row, why)
	}
	return nil
}

// skip moves the source behind the last row of st.
func (im *run) skip(ctx context.Context, st state) (found bool, err error) {
	if src, ok := im.src.(Cursored); ok {
		return src.SkipTo(ctx, st.Row, st.Cursor)
	}
	return true, im.src.Skip(st.Row)
}

// changed says that the source is another than the one of the state.
func (im *run) changed() string {
	what := "the file"
	if _, ok := im.src.(Cursored); ok {
		what = "the collection"
	}
	return what + " has changed since an earlier import was stopped"
}

// resume returns the state to go on from; with none, why tells of one that was there
// but does not hold any more. Rows that are stored already are then stored again, which
// replaces them.
func (im *run) resume(ctx context.Context) (st state, why string, err error) {
	if im.State == "" || im.Restart {
		return state{}, "", nil
	}
	raw, err := os.ReadFile(im.State)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, "", nil
	}
	if err != nil {
		return state{}, "", err
	}
	if err := json.Unmarshal(raw, &st); err != nil {
		return state{}, "the note of an earlier import is damaged", nil //nolint:nilerr // said in why
	}
	if st.Fingerprint != im.src.Fingerprint() || st.Database != im.Database || st.Row < 1 {
		return state{}, im.changed(), nil
	}
	// The last row must still be where it was put: the database may have been dropped.
	key, err := im.to.Key(ctx, im.Database, st.ChunkID)
	if err != nil {
		return state{}, "", err
	}
	if key != st.Key {
		return state{}, "the database has changed since an earlier import was stopped", nil
	}
	return st, "", nil
}

// save replaces the file at path whole, so that a crash leaves the old or the new one.
func (st state) save(path string) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Forget removes the state at path, if there is one.
func Forget(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
