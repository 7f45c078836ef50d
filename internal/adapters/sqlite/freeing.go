package sqlite

import (
	"slices"

	"github.com/memista/memista/internal/domain"
)

// reserveEnd is what the name of the file that keeps room for deletes has more than the
// data file's.
const reserveEnd = ".reserve"

// freeing takes out of the group, whose transaction failed with err, what a full disk must
// not keep from being done: it makes room.
func (w *writer) freeing(err error) []*request {
	if primaryCode(err) != codeFull {
		return nil
	}
	var freeing []*request
	w.group = slices.DeleteFunc(w.group, func(r *request) bool {
		if r.frees {
			freeing = append(freeing, r)
		}
		return r.frees
	})
	return freeing
}

// commitFreeing runs each of the requests in a transaction of its own, and gives up the
// reserve for them, a part at a time. A request that fails again has the reason cause.
func (w *writer) commitFreeing(freeing []*request, cause error) {
	for _, r := range freeing {
		err := cause
		for err != nil && primaryCode(err) == codeFull && w.reserve.GiveUp() {
			err = w.commitOne(r)
		}
		if err != nil {
			w.noteFull(err)
			w.group = append(w.group[:0], r)
			w.abort(err)
			continue
		}
		w.keeper.written = passiveAt // the log is moved into the file, so that it need not grow
		w.committed()
	}
}

// commitOne makes and commits a transaction of r alone.
func (w *writer) commitOne(r *request) error {
	if g := w.store.gate; g != nil {
		g.Lock()
		defer g.Unlock()
	}
	w.group = append(w.group[:0], r)
	r.err = nil
	err := w.begin()
	if err == nil {
		err = w.attempt(r)
	}
	if err == nil {
		w.keeper.wrote(r.bytes, 1)
	}
	return w.end(err)
}

// refuseFull fails a request that would store something on a full disk.
func (w *writer) refuseFull(r *request) {
	r.err = domain.Errorf(domain.ErrDiskFull, "%s", domain.Problem{Kind: domain.ErrDiskFull}.Message())
	w.counts.refused.Add(1)
	close(r.done)
}

// reserves makes the reserve whole, once room allows, and reports whether anything but
// deletes may be written.
func (k *keeper) reserves() bool {
	if k.w.reserve.Keep() {
		return true
	}
	k.w.store.health.note(domain.ErrDiskFull, "", k.w.store.options.Now())
	k.timer.Reset(k.w.store.options.pause)
	return false
}
