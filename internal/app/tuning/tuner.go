package tuning

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// Config is what a Tuner is made of. All of it is needed.
type Config struct {
	Live   *live.Registry
	Meter  *recall.Meter
	Now    func() time.Time // of the notes
	Report func(database string, err error)
}

// Tuner measures databases that have a target recall. It is safe for concurrent use.
type Tuner struct {
	Config
	seen map[*live.Database]*state // open databases with a target; of Run

	targets, missed, measured, failed atomic.Int64
	spent                             atomic.Int64 // nanoseconds
}

// state is what was measured of an open database.
type state struct {
	index   *tiered.Index // that was measured; nil: none was
	changed int64         // its changes then
	vectors int
	target  float64
	missed  bool      // no beam width reached it
	again   time.Time // not before
}

// Stats are what a Tuner has done since it was made.
type Stats struct {
	Targets          int64 // open databases that have a target
	Missed           int64 // of which no beam width reached it when they were measured last
	Measured, Failed int64
	Spent            time.Duration
}

// New returns a Tuner over c.
func New(c Config) *Tuner { return &Tuner{Config: c, seen: map[*live.Database]*state{}} }

const (
	lookEvery   = time.Second      // how often it is looked for databases to measure
	measureTime = 30 * time.Second // for one measurement
	restShare   = 10               // a database is left alone for so many times as long as it was measured
	maxRest     = time.Minute      // but no longer
	retryAfter  = 10 * time.Second // at least, where it could not be measured

	changedPart = 10  // a database is measured again when this part of it was changed,
	changedMin  = 100 // and so many vectors at least
)

// Run measures what is due, until ctx ends.
func (t *Tuner) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		t.round(ctx)
	}
}

// round looks at the open databases once.
func (t *Tuner) round(ctx context.Context) {
	open := map[*live.Database]*state{}
	missed := int64(0)
	for _, db := range t.Live.Opened() {
		if !db.Loaded() {
			continue
		}
		info, p := db.State(), db.Index()
		if info.TargetRecall == 0 {
			continue
		}
		s := t.seen[db]
		if s == nil {
			s = recognise(&info, p)
		}
		open[db] = s
		if p != nil && p.HasGraph() && s.due(&info, p, time.Now()) {
			t.measure(ctx, &info, p, s)
		}
		if s.missed {
			missed++
		}
	}
	t.seen = open
	t.targets.Store(int64(len(open)))
	t.missed.Store(missed)
}

// recognise returns the state of a database that was opened a moment ago: that of the last
// measurement, if it has not changed since.
func recognise(info *domain.Database, p *tiered.Index) *state {
	var n Note
	if info.Tuned.Note == "" || json.Unmarshal([]byte(info.Tuned.Note), &n) != nil {
		return new(state)
	}
	s := &state{missed: !n.Reached, target: info.Tuned.Target, vectors: n.Vectors}
	if p != nil && n.Sequence == info.Sequence {
		s.index, s.changed = p, p.Changed()
	}
	return s
}

// due reports whether a database whose index is p is to be measured now: for the first time, for
// another target, after its index was made anew, or when much has changed. While most of what it
// has is on its way to the graph, that is waited for.
func (s *state) due(info *domain.Database, p *tiered.Index, now time.Time) bool {
	if now.Before(s.again) || p.Indexing() && p.Remaining() > p.GraphSize()/4 {
		return false
	}
	if s.index != p || s.target != info.TargetRecall {
		return true
	}
	changed := p.Changed() - s.changed
	return changed >= int64(max(changedMin, s.vectors/changedPart)) && (!p.Indexing() || changed >= int64(s.vectors)/2)
}

// widths are the beam widths of the curve that is kept.
var widths = []int{16, 32, 64, 128, 256, 512}

// measure measures a database and gives it the beam width that was found.
func (t *Tuner) measure(ctx context.Context, info *domain.Database, p *tiered.Index, s *state) {
	began, changed := time.Now(), p.Changed()
	r, err := t.Meter.Measure(ctx, recall.Ask{
		Database: info.ID, K: domain.TunedK, Ef: widths, Target: info.TargetRecall, Time: measureTime, Behind: true,
	})
	if err == nil && r.Target != nil && r.Target.Queries > 0 && r.Plan == domain.PlanGraph {
		err = t.write(ctx, info, &r)
	}
	took := time.Since(began)
	t.spent.Add(int64(took))
	s.again = time.Now().Add(min(restShare*took, maxRest))
	if err != nil {
		s.again = time.Now().Add(max(restShare*took, retryAfter))
		t.failed.Add(1)
		if ctx.Err() == nil && !errors.Is(err, domain.ErrBusy) && !errors.Is(err, domain.ErrNotFound) && !errors.Is(err, domain.ErrConflict) {
			t.Report(info.ID, err)
		}
		return
	}
	t.measured.Add(1)
	s.index, s.changed, s.vectors, s.target, s.missed = p, changed, r.Vectors, info.TargetRecall, r.Target != nil && !r.Target.Reached
}

// write makes what was measured part of the settings of the database.
func (t *Tuner) write(ctx context.Context, info *domain.Database, r *recall.Report) error {
	found, err := tuned(r, info.TargetRecall, info.Sequence, t.Now())
	if err != nil {
		return err
	}
	a := domain.Alteration{Tuned: &found}
	want, err := a.Apply(info.Settings)
	if err == nil {
		_, err = t.Live.AlterNow(ctx, *info, a, want)
	}
	return err
}

// Stats are what t has done.
func (t *Tuner) Stats() Stats {
	return Stats{
		Targets: t.targets.Load(), Missed: t.missed.Load(), Measured: t.measured.Load(), Failed: t.failed.Load(),
		Spent: time.Duration(t.spent.Load()),
	}
}
