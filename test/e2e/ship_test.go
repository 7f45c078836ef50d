//go:build unix

package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestShippingTheLog does what Litestream does to a server under load: it keeps tables of
// its own in the data file, holds a read transaction so that nobody starts the log over,
// copies the file once and from then on the frames that come to the log, and moves the log
// into the file now and then. The copy has every chunk that was acknowledged before the
// last frames were shipped.
func TestShippingTheLog(t *testing.T) {
	dir, copies := t.TempDir(), t.TempDir()
	j, kill := insertInto(t, dir)
	j.waitFor(t, 100)
	sh := newShipper(t, filepath.Join(dir, "memista.db"), filepath.Join(copies, "shipped.db"))
	// A commit starts the log over only if no reader is in it at that moment, so it takes
	// some checkpoints until that has happened three times.
	for rounds := 0; rounds < 5 || sh.restarts < 3 && rounds < 500; rounds++ {
		for range 3 {
			j.waitFor(t, j.acknowledged()+30)
			sh.ship()
		}
		sh.checkpoint()
	}
	j.waitFor(t, j.acknowledged()+30)
	before := j.noted()
	sh.ship()
	kill()
	sh.close()
	if sh.restarts < 3 {
		t.Errorf("the log started over %d times; want at least 3, or this shows little", sh.restarts)
	}
	t.Logf("%d frames of %d logs shipped", sh.frames, sh.restarts+1)
	restoreShipped(t, copies, before)
}

// Parts of a write-ahead log, which SQLite's description of its file format has.
const (
	logHead   = 32
	frameHead = 24
)

// shipper copies a data file and what comes to its log while a server writes to them.
type shipper struct {
	t        *testing.T
	db       *sql.DB
	held     *sql.Conn // in a read transaction: frames that are not shipped stay
	writer   *sql.Conn
	file     *os.File // closed after the connections, whose locks would go with it
	log      *os.File
	copy     *os.File
	head     []byte // of the log that is being shipped
	order    binary.ByteOrder
	at       int64     // behind the last transaction that was shipped
	sum      [2]uint32 // of all until there
	frames   int
	restarts int
}

func newShipper(t *testing.T, from, to string) *shipper {
	t.Helper()
	sh := &shipper{t: t, db: openSQLite(t, "file:"+from)}
	sh.held, sh.writer = sh.connect(), sh.connect()
	sh.do(sh.writer, "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)",
		"CREATE TABLE _litestream_lock (id INTEGER)", "INSERT INTO _litestream_seq (id, seq) VALUES (1, 1)")
	sh.hold()
	var err error
	if sh.file, err = os.Open(from); err != nil {
		t.Fatal(err)
	}
	if sh.log, err = os.Open(from + "-wal"); err != nil {
		t.Fatal(err)
	}
	if sh.copy, err = os.Create(to); err != nil {
		t.Fatal(err)
	}
	// A page that is moved into the file meanwhile, and may be torn, is in the log, too.
	if _, err := io.Copy(sh.copy, sh.file); err != nil {
		t.Fatal(err)
	}
	sh.ship()
	return sh
}

// connect returns a connection that waits for others and leaves the log as it is.
func (sh *shipper) connect() *sql.Conn {
	sh.t.Helper()
	c, err := sh.db.Conn(sh.t.Context())
	if err != nil {
		sh.t.Fatal(err)
	}
	sh.do(c, "PRAGMA busy_timeout = 30000", "PRAGMA wal_autocheckpoint = 0")
	return c
}

func (sh *shipper) do(c *sql.Conn, statements ...string) {
	sh.t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(sh.t.Context(), s); err != nil {
			sh.t.Fatalf("%s: %v", s, err)
		}
	}
}

// hold begins to read, and goes on doing so.
func (sh *shipper) hold() {
	sh.t.Helper()
	sh.do(sh.held, "BEGIN")
	var n int
	if err := sh.held.QueryRowContext(sh.t.Context(), "SELECT count(*) FROM _litestream_seq").Scan(&n); err != nil {
		sh.t.Fatal(err)
	}
}

// checkpoint moves all of the log into the file, so that the next commit may start it
// over. Nobody writes between the last frames that were shipped and the moment from which
// on new ones are held.
func (sh *shipper) checkpoint() {
	sh.t.Helper()
	sh.do(sh.writer, "BEGIN IMMEDIATE")
	sh.ship()
	sh.do(sh.held, "ROLLBACK", "PRAGMA wal_checkpoint(PASSIVE)")
	sh.hold()
	sh.do(sh.writer, "ROLLBACK", "UPDATE _litestream_seq SET seq = seq + 1")
}

// ship puts in place in the copy what has come to the log in whole transactions.
func (sh *shipper) ship() {
	sh.t.Helper()
	head := make([]byte, logHead)
	if _, err := sh.log.ReadAt(head, 0); errors.Is(err, io.EOF) {
		return // cut off, and nothing written since
	} else if err != nil {
		sh.t.Fatal(err)
	}
	if !bytes.Equal(head, sh.head) && !sh.startOver(head) {
		return
	}
	size := int64(binary.BigEndian.Uint32(head[8:]))
	frame := make([]byte, frameHead+size)
	pages := map[int64][]byte{} // of a transaction whose end was not seen yet
	for at, sum, n := sh.at, sh.sum, 1; ; n++ {
		if _, err := sh.log.ReadAt(frame, at); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			sh.t.Fatal(err)
		}
		sum = sh.add(sh.add(sum, frame[:8]), frame[frameHead:])
		if !bytes.Equal(frame[8:16], head[16:24]) || sum != sums(frame[16:]) {
			return // left from the log before, or not whole
		}
		at += int64(len(frame))
		pages[int64(binary.BigEndian.Uint32(frame))] = slices.Clone(frame[frameHead:])
		if pagesInFile := int64(binary.BigEndian.Uint32(frame[4:])); pagesInFile > 0 {
			sh.place(pages, size, pagesInFile)
			sh.at, sh.sum, sh.frames = at, sum, sh.frames+n
			clear(pages)
			n = 0
		}
	}
}

// startOver begins to ship a log with another head and reports whether that is whole.
func (sh *shipper) startOver(head []byte) bool {
	sh.order = binary.LittleEndian
	if head[3]&1 == 1 {
		sh.order = binary.BigEndian
	}
	sum := sh.add([2]uint32{}, head[:24])
	if sum != sums(head[24:]) {
		return false
	}
	if sh.head != nil {
		sh.restarts++
	}
	sh.head, sh.at, sh.sum = head, logHead, sum
	return true
}

// place writes the pages of a transaction, after which the file has so many.
func (sh *shipper) place(pages map[int64][]byte, size, inFile int64) {
	sh.t.Helper()
	for number, page := range pages {
		if _, err := sh.copy.WriteAt(page, (number-1)*size); err != nil {
			sh.t.Fatal(err)
		}
	}
	if err := sh.copy.Truncate(inFile * size); err != nil {
		sh.t.Fatal(err)
	}
}

// add goes on with a checksum of the log.
func (sh *shipper) add(sum [2]uint32, b []byte) [2]uint32 {
	for ; len(b) > 0; b = b[8:] {
		sum[0] += sh.order.Uint32(b) + sum[1]
		sum[1] += sh.order.Uint32(b[4:]) + sum[0]
	}
	return sum
}

func sums(b []byte) [2]uint32 {
	return [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

func (sh *shipper) close() {
	sh.t.Helper()
	err := errors.Join(sh.held.Close(), sh.writer.Close(), sh.db.Close())
	if err := errors.Join(err, sh.file.Close(), sh.log.Close(), sh.copy.Close()); err != nil {
		sh.t.Error(err)
	}
}

// TestLitestream has Litestream itself replicate the file of a server under load, and
// restore it.
func TestLitestream(t *testing.T) {
	litestream, err := exec.LookPath("litestream")
	if err != nil {
		t.Skip("litestream is not installed")
	}
	dir, copies := t.TempDir(), t.TempDir()
	j, kill := insertInto(t, dir)
	j.waitFor(t, 100)
	replica := "file://" + filepath.Join(copies, "replica")
	replicate := exec.Command(litestream, "replicate", filepath.Join(dir, "memista.db"), replica)
	var log bytes.Buffer
	replicate.Stdout, replicate.Stderr = &log, &log
	if err := replicate.Start(); err != nil {
		t.Fatal(err)
	}
	waitForFile(t, filepath.Join(copies, "replica", "generations", "*", "snapshots", "*"))
	j.waitFor(t, j.acknowledged()+2000)
	before := j.noted()
	if err := errors.Join(replicate.Process.Signal(os.Interrupt), replicate.Wait()); err != nil {
		t.Fatalf("litestream: %v\n%s", err, log.Bytes())
	}
	kill()
	out, err := exec.Command(litestream, "restore", "-o", filepath.Join(copies, "shipped.db"), replica).CombinedOutput()
	if err != nil {
		t.Fatalf("litestream restore: %v\n%s%s", err, out, log.Bytes())
	}
	restoreShipped(t, copies, before)
}

// restoreShipped has memista restore what was shipped, verify it, and serve it.
func restoreShipped(t *testing.T, dir string, before map[int64]chunk) {
	t.Helper()
	if code, out, errOut := ends(t, dir, nil, "restore", "shipped.db"); code != 0 {
		t.Fatalf("restore: exit code %d, %q, stderr %q", code, out, errOut)
	}
	if code, out, errOut := ends(t, dir, nil, "verify"); code != 0 || !strings.Contains(out, "nothing is wrong") {
		t.Errorf("verify: exit code %d, %q, stderr %q", code, out, errOut)
	}
	compareBackup(t, dir, before)
	t.Logf("%d acknowledged chunks compared, all there", len(before))
}
