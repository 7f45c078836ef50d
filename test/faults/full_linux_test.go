package faults_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk fills the disk of a server under load, and makes room again. While there
// is none, writes are refused with 507 and searches go on; afterwards all is as before,
// without anybody's help.
func TestFullDisk(t *testing.T) {
	n := rounds(t, 2, 100)
	rng := seeded(t)
	dir := smallDisk(t)
	l := newLedger(t, accounts()...)
	env := []string{"MEMISTA_MEMORY_BUDGET=900KiB"} // so that index files are written all the time
	s := start(t, launch{dir: dir, env: env})
	refusedAtStart := 0
	for round := range n {
		o := l.on(t.Context(), s)
		o.excused = diskFull
		o.fillDisk(dir, rng)
		if rng.IntN(4) == 0 {
			s.kill()
			verified(t, dir)
			var err error
			if s, err = tryStart(t, launch{dir: dir, env: env}); err != nil { // it may need room
				refusedAtStart++
				makeRoom(t, dir)
				s = start(t, launch{dir: dir, env: env})
			}
			o = l.on(t.Context(), s)
		}
		makeRoom(t, dir)
		o.recoversFrom("a full disk")
		o.verify(rng)
		if t.Failed() {
			t.Fatalf("round %d: log of the server:\n%s", round, s.Log())
		}
	}
	s.terminate()
	verified(t, dir)
	t.Logf("%d requests were refused; %d servers that were started on a full disk refused to", l.refusals.Load(), refusedAtStart)
	if l.refusals.Load() < int64(n) {
		t.Errorf("%d requests were refused in %d rounds: the disk was not full", l.refusals.Load(), n)
	}
	l.report(n, "64 MB disks filled under load")
}

// smallDisk mounts a file system of 64 MB in memory, or skips the test.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m,mode=0700"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// diskFull excuses the refusals of a server whose disk is full. Nothing of what was
// refused has been carried out.
func diskFull(r *refusal) (ok, open bool) { return r.status == 507, false }

const fillerName = "filler"

// fillDisk puts the server under load, takes all room from it but for a little, and waits
// until writes have been refused and searches answered for a while.
func (o *load) fillDisk(dir string, rng *rand.Rand) {
	before, searched := o.l.refusals.Load(), o.l.searched.Load()
	reached := o.l.after(int64(30 + rng.IntN(50)))
	var end context.CancelFunc
	o.until, end = context.WithCancel(o.ctx)
	defer end()
	o.begin(rng)
	select {
	case <-reached:
	case <-time.After(patience):
		o.l.wrong("no progress under load:\n%s", o.s.Log())
	}
	if err := fillUp(filepath.Join(dir, fillerName)); err != nil {
		o.l.wrong("filler: %v", err)
	}
	for deadline := time.Now().Add(patience); o.l.refusals.Load() < before+10 || o.l.searched.Load() < searched+100; {
		if time.Now().After(deadline) {
			o.l.wrong("%d requests refused, %d searches answered in %v on a full disk",
				o.l.refusals.Load()-before, o.l.searched.Load()-searched, patience)
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	end()
	o.running.Wait()
}

// fillUp writes to a file until the disk is full.
func fillUp(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // what matters is that it is there
	for size := 1 << 20; size >= 4096; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) || errors.Is(err, io.ErrShortWrite) {
			size /= 2
		} else if err != nil {
			return err
		}
	}
	return nil
}

func makeRoom(t *testing.T, dir string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, fillerName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}
