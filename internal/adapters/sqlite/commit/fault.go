package commit

import (
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// rollback ends the transaction after an error. After a disk fault the connection is
// closed: an fsync that failed is never tried again, because the system may have dropped
// the pages that it was for.
func (w *Writer) rollback(cause error) {
	if w.conn == nil {
		return
	}
	err := w.conn.Exec("ROLLBACK") // fails if SQLite has done it already
	if conn.IsDiskFault(cause) || (err != nil && conn.IsDiskFault(err)) {
		w.fault()
	}
}

func (w *Writer) fault() {
	w.faults.Add(1)
	w.readOnly.Store(true)
	w.Health.Note(domain.ErrReadOnly, "", w.Now())
	w.faultAt = time.Now()
	w.wake.Reset(w.Pause)
	_ = w.conn.Close() // the callers get the fault itself
	w.conn = nil
}

// reopen makes a new connection after a disk fault, and proves it by moving the whole
// write-ahead log into the file, with fsyncs of both.
func (w *Writer) reopen() error {
	if wait := w.Pause - time.Since(w.faultAt); wait > 0 {
		return domain.Errorf(domain.ErrReadOnly, "writes are refused after a disk fault; reads go on, the next try is in %v", wait.Round(time.Millisecond))
	}
	err := w.InPlace() // else a new file would be made
	var c *conn.Conn
	if err == nil {
		c, err = w.File.Open(conn.Writing)
	}
	if err != nil {
		w.faultAt = time.Now()
		w.wake.Reset(w.Pause)
		return err
	}
	w.conn = c
	err = w.File.MakeDurable(c)
	if err == nil {
		w.Pool.UnpinAll()
		_, _, err = w.maintenance.log.Run(c, "TRUNCATE", 0)
	}
	if err != nil {
		w.fault()
		return err
	}
	w.readOnly.Store(false)
	w.Health.Resolve(domain.ErrReadOnly, "")
	return nil
}

// noteFull remembers that the disk is full, if that is what err says, and has the
// maintenance look again in a while.
func (w *Writer) noteFull(err error) {
	if conn.PrimaryCode(err) != conn.CodeFull {
		return
	}
	w.Health.Note(domain.ErrDiskFull, "", w.Now())
	w.wake.Reset(w.Pause)
}

// refillReserve makes the reserve whole, once there is room, and reports whether anything
// but deletes may be written.
func (w *Writer) refillReserve() bool {
	if w.Reserve.Keep() {
		return true
	}
	w.Health.Note(domain.ErrDiskFull, "", w.Now())
	w.wake.Reset(w.Pause)
	return false
}

// probeDisk writes a page that says what it said before, to see whether a disk that was
// full has room again.
func (w *Writer) probeDisk() error {
	if w.Reserve.Low() && !w.refillReserve() {
		return nil
	}
	w.Pool.Lock()
	defer w.Pool.Unlock()
	err := w.conn.Script(fmt.Sprintf("BEGIN IMMEDIATE; PRAGMA user_version = %d; COMMIT", w.SchemaVersion))
	if err != nil {
		_ = w.conn.Script("ROLLBACK") // fails if SQLite has done it already
		return err
	}
	if _, _, err := w.maintenance.log.Run(w.conn, "PASSIVE", 0); err != nil {
		return err
	}
	w.Health.Resolve(domain.ErrDiskFull, "")
	return nil
}
