package commit

import (
	"slices"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
)

// freeing takes the requests that free space out of the group, whose transaction failed
// with err, if a full disk was the reason: they must be possible.
func (w *Writer) freeing(err error) []*Request {
	if conn.PrimaryCode(err) != conn.CodeFull {
		return nil
	}
	var freeing []*Request
	w.group = slices.DeleteFunc(w.group, func(r *Request) bool {
		if r.Frees {
			freeing = append(freeing, r)
		}
		return r.Frees
	})
	return freeing
}

// commitFreeing runs each of the requests in a transaction of its own, and gives up the
// reserve for them, a part at a time. A request that fails again has the reason cause.
func (w *Writer) commitFreeing(freeing []*Request, cause error) {
	for _, r := range freeing {
		err := cause
		for err != nil && conn.PrimaryCode(err) == conn.CodeFull && w.Reserve.GiveUp() {
			err = w.commitOne(r)
		}
		if err != nil {
			w.noteFull(err)
			w.group = append(w.group[:0], r)
			w.abort(err)
			continue
		}
		w.maintenance.log.Urge() // the log is moved into the file, so that it need not grow
		w.committed()
	}
}

// commitOne makes and commits a transaction of r alone.
func (w *Writer) commitOne(r *Request) error {
	w.Pool.Lock()
	defer w.Pool.Unlock()
	w.group = append(w.group[:0], r)
	r.err = nil
	err := w.begin()
	if err == nil {
		err = w.attempt(r)
	}
	if err == nil {
		w.maintenance.wrote(r.Bytes, 1)
	}
	return w.end(err)
}
