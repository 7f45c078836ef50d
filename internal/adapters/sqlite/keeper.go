package sqlite

import (
	"database/sql/driver"
	"strconv"
	"time"

	"github.com/memista/memista/internal/domain"
)

// When the writer keeps house.
const (
	// idleAfter is how long no request must have come before the log is moved into the
	// file and memory is given back.
	idleAfter = 200 * time.Millisecond
	// stepEvery lets a step in between even when requests never stop coming.
	stepEvery = 200 * time.Millisecond
	// passiveAt is after how many bytes written the log is moved into the file while
	// requests come, so that it can start over from its beginning.
	passiveAt = 16 << 20
	// truncateAt is the size from which the log's file is cut off as soon as no reader
	// needs it.
	truncateAt = 64 << 20
	// cutOffWait is how many milliseconds writers wait at most for that where readers have
	// kept the log: reading the schema of 20,000 databases takes as long.
	cutOffWait = 200
	// settleAfter is how long after the last of many tables was made readers that stay at
	// an earlier moment are brought forward, while others are writing.
	settleAfter = time.Second
	// vacuumPages is how many pages one step gives back, and vacuumFrom how many must be
	// free for it to begin: fewer are kept for the next inserts.
	vacuumPages = 32
	vacuumFrom  = 32
	// slowStep and fastStep are between what a step of a drop may take; the number of
	// rows in the next one follows.
	slowStep, fastStep = 8 * time.Millisecond, 2 * time.Millisecond
	minRows, maxRows   = 16, 4096
)

// keeper does the writer's housework in small steps: it moves the write-ahead log into
// the file, frees the space of dropped databases, and gives free pages back to the file
// system. Its errors are not reported: nothing is lost by them, and what was left undone
// is tried again after the next write or at the next start.
type keeper struct {
	w     *writer
	timer *time.Timer

	written   int       // bytes since the last checkpoint, roughly
	dirty     bool      // the log holds something
	retry     bool      // a step has failed; to be tried again after the next write
	drops     bool      // there may be dropped databases to clean up
	texts     bool      // there may be text indexes to make or to clean up
	purging   bool      // text indexes may hold words of deleted rows that are to go
	schema    bool      // tables were made or dropped since the last rest
	reshaping bool      // the step under way makes or drops tables
	freed     bool      // rows were deleted since the free pages were counted
	vacuuming bool      // pages are being given back
	rows      int64     // for the next step of a drop
	textRows  int64     // for the next step of a text index
	waitAt    int64     // bytes of the log from which readers are waited for
	last      time.Time // of the last step

	purgePages int64     // for the next step of a merge
	purged     textIndex // up to which text indexes need no more merging in this round
}

func newKeeper(w *writer) keeper {
	return keeper{
		w: w, timer: time.NewTimer(0), drops: true, texts: true, purging: w.store.purges(), freed: true,
		rows: 256, textRows: 256, purgePages: 16, waitAt: 2 * truncateAt,
	}
}

// busy reports whether there are steps to take.
func (k *keeper) busy() bool {
	return k.w.conn != nil && (k.drops || k.texts || k.purging || k.vacuuming)
}

// wake fires when the writer has been idle for a while after its last write.
func (k *keeper) wake() <-chan time.Time { return k.timer.C }

func (k *keeper) stop() { k.timer.Stop() }

// wrote notes what a transaction wrote: about three pages a request besides its rows.
func (k *keeper) wrote(bytes, requests int) {
	if k.retry {
		k.retry, k.drops, k.texts, k.purging, k.freed = false, true, true, k.w.store.purges(), true
	}
	k.written += bytes + 3*requests*k.w.store.options.pageSize
	k.dirty = true
	k.timer.Reset(k.w.store.options.idle)
}

// turn gives the keeper a turn, after a group of requests or (idle) in place of one.
func (k *keeper) turn(idle bool) {
	if k.w.conn == nil {
		if idle {
			k.revive()
		}
		return
	}
	if k.schema && k.w.store.moments.settled() {
		k.schema = false
		k.w.store.refresh()
	}
	var err error
	switch {
	case k.busy() && (idle || time.Since(k.last) >= stepEvery):
		err = k.step()
		k.last = time.Now()
	case idle:
		err = k.rest()
	}
	if err == nil && k.written >= passiveAt {
		err = k.passive()
	}
	if primaryCode(err) == codeFull && k.w.reserve.GiveUp() { // the steps make room
		k.w.rollback(err)
		k.w.noteFull(err)
		return
	}
	if err != nil {
		k.drops, k.texts, k.purging, k.vacuuming, k.retry = false, false, false, false, true
		k.w.rollback(err)
		k.w.noteFull(err)
	}
}

// step takes one small step of the work there is.
func (k *keeper) step() error {
	if g := k.w.store.gate; g != nil {
		g.Lock()
		defer g.Unlock()
	}
	k.timer.Reset(k.w.store.options.idle)
	k.written += vacuumPages * k.w.store.options.pageSize
	k.dirty = true
	if k.drops {
		return k.cleanUp()
	}
	if k.texts {
		return k.tendText()
	}
	if k.purging {
		return k.purgeText()
	}
	return k.vacuum()
}

// reshape prepares for a step that makes or drops tables.
func (k *keeper) reshape() {
	k.reshaping = true
	k.w.store.detain()
}

// committed counts a step that is committed.
func (k *keeper) committed() {
	k.w.counts.commit(k.w.store.syncs())
	if k.reshaping {
		k.reshaping, k.schema = false, true
		k.w.store.moments.reshaped()
	}
}

// rest is for when nothing has happened for a while.
func (k *keeper) rest() error {
	if k.w.store.health.has(domain.ErrDiskFull) {
		if err := k.probe(); err != nil {
			return err
		}
	}
	if k.schema {
		k.schema = false
		k.w.store.refresh()
	} else {
		k.w.store.release()
	}
	if k.freed {
		k.freed = false
		free, _, err := k.w.conn.integer("PRAGMA freelist_count")
		if err != nil {
			return err
		}
		if k.vacuuming = free >= vacuumFrom; k.vacuuming {
			return nil // there is a rest after it
		}
	}
	if !k.dirty {
		return nil
	}
	if !k.w.reserve.Low() { // else the probe does it, once there is room
		k.w.reserve.Keep()
	}
	_, busy, err := k.checkpoint("TRUNCATE", 0)
	if err != nil {
		return err
	}
	if busy { // readers kept the log; the next ones will read from the file
		k.timer.Reset(k.w.store.options.idle)
		return nil
	}
	k.written, k.dirty, k.waitAt = 0, false, 2*truncateAt
	return k.w.conn.query("PRAGMA shrink_memory", nil)
}

// vacuum gives some pages back to the file system.
func (k *keeper) vacuum() error {
	err := k.w.conn.query("PRAGMA incremental_vacuum("+strconv.Itoa(vacuumPages)+")", nil)
	if err != nil {
		return err
	}
	k.w.counts.commit(k.w.store.syncs())
	free, _, err := k.w.conn.integer("PRAGMA freelist_count")
	k.vacuuming = free > 0
	return err
}

// passive moves what no reader needs from the log into the file, without waiting, and
// cuts the log off if it has grown too long.
func (k *keeper) passive() error {
	k.written = 0
	if !k.w.reserve.Low() {
		k.w.reserve.Keep()
	}
	frames, _, err := k.checkpoint("PASSIVE", 0)
	if err != nil {
		return err
	}
	if size := frames * int64(k.w.store.options.pageSize); size >= truncateAt {
		if err := k.cutOff(size); err != nil {
			return err
		}
	}
	if k.schema { // readers that stay keep the log, so they are brought forward
		k.w.store.refresh()
	}
	return nil
}

// cutOff ends the log, which has size bytes. Where readers have kept it from its end
// until it was twice as long, it waits for them, for a moment, which for each next wait
// must be twice as long again: a backup keeps the log for as long as it takes.
func (k *keeper) cutOff(size int64) error {
	k.w.store.release()
	wait := 0
	if size >= k.waitAt {
		wait = cutOffWait
	}
	_, busy, err := k.checkpoint("TRUNCATE", wait)
	switch {
	case err != nil:
		return err
	case !busy:
		k.waitAt = 2 * truncateAt
	case wait > 0:
		k.waitAt = 2 * size
	}
	return nil
}

// checkpoint runs a checkpoint and returns how many pages the log held, and whether
// readers kept it from its end, for which it waits so many milliseconds: that is no
// error, the rest is moved the next time.
func (k *keeper) checkpoint(mode string, wait int) (frames int64, busy bool, err error) {
	if k.w.store.at.path == "" {
		return 0, false, nil
	}
	c := k.w.conn
	if err := c.query("PRAGMA busy_timeout = "+strconv.Itoa(wait), nil); err != nil {
		return 0, false, err
	}
	err = c.query("PRAGMA wal_checkpoint("+mode+")", func(row []driver.Value) error {
		blocked, _ := row[0].(int64)
		frames, _ = row[1].(int64)
		busy = blocked != 0
		return nil
	})
	if primaryCode(err) == codeBusy || primaryCode(err) == codeLocked {
		busy, err = true, nil
	}
	if rerr := c.query("PRAGMA busy_timeout = "+strconv.Itoa(busyTimeout), nil); err == nil {
		err = rerr
	}
	k.w.counts.checkpoints.Add(1)
	return frames, busy, err
}
