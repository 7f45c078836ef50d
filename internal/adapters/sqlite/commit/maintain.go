package commit

import (
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/domain"
)

// stepEvery lets a maintenance step in between even when requests never stop coming.
const stepEvery = 200 * time.Millisecond

// maintainer does maintenance between transactions: it checkpoints the write-ahead log and
// runs the tasks, one step at a time. Its errors are not reported: nothing is lost by them,
// and what was left undone is tried again after the next write or at the next start.
type maintainer struct {
	w    *Writer
	work *maintenance.Work
	log  *maintenance.Checkpoints

	tasks      maintenance.Tasks // taken a step at a time
	restart    maintenance.Tasks // those that look again after a failed step
	countPages *maintenance.Task

	retry  bool      // a step has failed; to be tried again after the next write
	schema bool      // tables were made or dropped since readers were refreshed
	last   time.Time // of the last step
}

func newMaintainer(w *Writer) maintainer {
	vacuum, count := maintenance.Vacuum()
	m := maintainer{
		w: w, countPages: count,
		tasks:   append(append(maintenance.Tasks{}, w.Tasks...), vacuum),
		restart: append(append(maintenance.Tasks{}, w.Tasks...), count),
		log:     maintenance.NewCheckpoints(w.File, w.Pool, w.PageSize, func() { w.checkpoints.Add(1) }),
	}
	m.work = maintenance.NewWork(w.Pool, func(schema bool) {
		w.countCommit(w.File.Syncs())
		if schema {
			w.maintenance.schema = true
			w.Pool.Snapshots.SchemaChanged()
		}
	})
	m.restart.Want()
	return m
}

// busy reports whether there are steps to take.
func (m *maintainer) busy() bool { return m.w.conn != nil && m.tasks.Next() != nil }

// wrote notes what a transaction wrote: about three pages a request besides its rows.
func (m *maintainer) wrote(bytes, requests int) {
	if m.retry {
		m.retry = false
		m.restart.Want()
	}
	m.log.Wrote(bytes + 3*requests*m.w.PageSize)
	m.w.wake.Reset(m.w.Idle)
}

// turn does some maintenance, after a group of requests or (idle) in place of one.
func (m *maintainer) turn(idle bool) {
	if m.w.conn == nil {
		if idle && m.w.reopen() != nil { // without waiting for a request to need it
			m.w.wake.Reset(m.w.Pause)
		}
		return
	}
	if m.schema && m.w.Pool.Snapshots.Settled() {
		m.refresh()
	}
	var err error
	switch task := m.tasks.Next(); {
	case task != nil && (idle || time.Since(m.last) >= stepEvery):
		err = m.step(task)
		m.last = time.Now()
	case task == nil && idle:
		err = m.rest()
	}
	if err == nil && m.log.Due() {
		err = m.checkpoint()
	}
	if err != nil {
		m.failed(err)
	}
}

// step takes one step of a task.
func (m *maintainer) step(task *maintenance.Task) error {
	m.w.Pool.Lock()
	defer m.w.Pool.Unlock()
	m.w.wake.Reset(m.w.Idle)
	m.log.Wrote(maintenance.VacuumPages * m.w.PageSize)
	m.work.Conn = m.w.conn
	err := task.Run(m.work)
	if err == nil && !task.Wanted() {
		m.countPages.Want()
	}
	return err
}

// failed cancels the tasks until the next write. On a full disk they continue as long as
// the reserve can be given up for them: they make room.
func (m *maintainer) failed(err error) {
	if conn.PrimaryCode(err) != conn.CodeFull || !m.w.Reserve.GiveUp() {
		m.tasks.Cancel()
		m.retry = true
	}
	m.w.rollback(err)
	m.w.noteFull(err)
}

// rest is for when nothing has happened for a while.
func (m *maintainer) rest() error {
	if m.w.Health.Has(domain.ErrDiskFull) {
		if err := m.w.probeDisk(); err != nil {
			return err
		}
	}
	if m.schema {
		m.refresh()
	} else {
		m.w.Pool.UnpinAll()
	}
	if m.countPages.Wanted() {
		m.work.Conn = m.w.conn
		if err := m.countPages.Run(m.work); err != nil || m.tasks.Next() != nil {
			return err // there is a rest after the vacuum
		}
	}
	if !m.log.Dirty() {
		return nil
	}
	m.keepReserve()
	busy, err := m.log.Full(m.w.conn)
	if busy {
		m.w.wake.Reset(m.w.Idle)
	}
	return err
}

// checkpoint moves the log into the file while requests come.
func (m *maintainer) checkpoint() error {
	m.keepReserve()
	if err := m.log.Passive(m.w.conn); err != nil {
		return err
	}
	if m.schema { // pinned readers keep the log
		m.w.Pool.Refresh()
	}
	return nil
}

// refresh brings the readers to the current schema.
func (m *maintainer) refresh() {
	m.schema = false
	m.w.Pool.Refresh()
}

// keepReserve makes the reserve, if it was not given up: then the probe of the full disk
// makes it whole, once there is room.
func (m *maintainer) keepReserve() {
	if !m.w.Reserve.Low() {
		m.w.Reserve.Keep()
	}
}
