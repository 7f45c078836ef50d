package maintenance

import (
	"database/sql/driver"
	"strconv"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
)

const (
	// passiveAt is after how many bytes written the log is moved into the file while
	// requests come, so that it can start over from its beginning.
	passiveAt = 16 << 20
	// truncateAt is the size from which the log is truncated as soon as no reader needs it.
	truncateAt = 64 << 20
	// statementWait is how many milliseconds writers wait at most for that: readers in the
	// middle of a statement have ended it by then.
	statementWait = 25
	// readerWait is the same where readers have kept the log: reading the schema of 20,000
	// databases takes as long.
	readerWait = 200
)

// Checkpoints move the write-ahead log into the data file.
type Checkpoints struct {
	file     *conn.File
	pool     *conn.Pool
	pageSize int
	count    func() // of each

	written int   // bytes since the last one, roughly
	dirty   bool  // the log holds something
	waitAt  int64 // bytes of the log from which readers are waited for
}

// NewCheckpoints returns the Checkpoints of a file with pages of pageSize bytes. count is
// called after each.
func NewCheckpoints(file *conn.File, pool *conn.Pool, pageSize int, count func()) *Checkpoints {
	return &Checkpoints{file: file, pool: pool, pageSize: pageSize, count: count, waitAt: 2 * truncateAt}
}

// Wrote notes that about so many bytes were written to the log.
func (k *Checkpoints) Wrote(bytes int) {
	k.written += bytes
	k.dirty = true
}

// Urge makes a checkpoint due.
func (k *Checkpoints) Urge() { k.written = passiveAt }

// Due reports whether the log should be moved into the file while requests come.
func (k *Checkpoints) Due() bool { return k.written >= passiveAt }

// Dirty reports whether the log holds something.
func (k *Checkpoints) Dirty() bool { return k.dirty }

// Passive moves what no reader needs from the log into the file, without waiting, and
// truncates the log if it has grown too long.
func (k *Checkpoints) Passive(c *conn.Conn) error {
	k.written = 0
	frames, _, err := k.Run(c, "PASSIVE", 0)
	if err != nil {
		return err
	}
	if size := frames * int64(k.pageSize); size >= truncateAt {
		return k.truncate(c, size)
	}
	return nil
}

// truncate ends the log, which has size bytes. Where readers have kept it until it was
// twice as long, it waits for them longer; for each next such wait the log must be twice as
// long again: a backup keeps the log for as long as it takes.
func (k *Checkpoints) truncate(c *conn.Conn, size int64) error {
	k.pool.UnpinAll()
	wait, long := statementWait, size >= k.waitAt
	if long {
		wait = readerWait
	}
	_, busy, err := k.Run(c, "TRUNCATE", wait)
	switch {
	case err != nil:
		return err
	case !busy:
		k.waitAt = 2 * truncateAt
	case long:
		k.waitAt = 2 * size
	}
	return nil
}

// Full moves the whole log into the file, truncates it and gives memory back. It is busy,
// and the log stays, if readers need it: the next ones read from the file.
func (k *Checkpoints) Full(c *conn.Conn) (busy bool, err error) {
	_, busy, err = k.Run(c, "TRUNCATE", 0)
	if err != nil || busy {
		return busy, err
	}
	k.written, k.dirty, k.waitAt = 0, false, 2*truncateAt
	return false, c.Query("PRAGMA shrink_memory", nil)
}

// Run runs a checkpoint and returns how many pages the log held, and whether readers kept
// it from its end, for which it waits so many milliseconds: that is no error, the rest is
// moved the next time.
func (k *Checkpoints) Run(c *conn.Conn, mode string, wait int) (frames int64, busy bool, err error) {
	if k.file.InMemory() {
		return 0, false, nil
	}
	if err := c.Query("PRAGMA busy_timeout = "+strconv.Itoa(wait), nil); err != nil {
		return 0, false, err
	}
	err = c.Query("PRAGMA wal_checkpoint("+mode+")", func(row []driver.Value) error {
		blocked, _ := row[0].(int64)
		frames, _ = row[1].(int64)
		busy = blocked != 0
		return nil
	})
	if code := conn.PrimaryCode(err); code == conn.CodeBusy || code == conn.CodeLocked {
		busy, err = true, nil
	}
	if rerr := c.Query("PRAGMA busy_timeout = "+strconv.Itoa(conn.BusyTimeout), nil); err == nil {
		err = rerr
	}
	k.count()
	return frames, busy, err
}
