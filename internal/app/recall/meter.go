package recall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Meter is made of. All of it is needed.
type Config struct {
	Live   *live.Registry
	Query  *query.Searcher
	Limits domain.Limits
	// Random returns a number from 0 to below n, each as likely as any other, and is safe for
	// concurrent use.
	Random func(n int64) int64
}

// Meter measures recall. It is safe for concurrent use, and measures once at a time.
type Meter struct {
	Config
	turn chan struct{} // has an element while somebody measures
}

// New returns a Meter over c.
func New(c Config) *Meter { return &Meter{Config: c, turn: make(chan struct{}, 1)} }

// Measure measures what in asks for. Searches of others come first: while there are any, it
// leaves a core to them. It stops soon after ctx ends, and returns its error. While another
// measurement takes all of the time that in allows it is ErrBusy.
func (m *Meter) Measure(ctx context.Context, in Ask) (Report, error) {
	in, err := in.complete(m.Limits)
	if err != nil {
		return Report{}, err
	}
	if err := m.Query.CheckFilter(in.Filter); err != nil {
		return Report{}, err
	}
	if _, err := m.Live.Find(ctx, in.Database); err != nil {
		return Report{}, err
	}
	if err := m.wait(ctx, in.Time); err != nil {
		return Report{}, err
	}
	defer func() { <-m.turn }()
	began := time.Now()
	var out Report
	err = m.Live.With(ctx, in.Database, func(db *live.Database) error {
		for {
			out, err = m.measure(ctx, db, in, began)
			if !errors.Is(err, live.ErrAltered) {
				return err
			}
			if err := db.WaitAltered(ctx); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return Report{}, fmt.Errorf("recall of %q: %w", in.Database, err)
	}
	out.Took = time.Since(began)
	return out, nil
}

// wait returns when nobody else measures; the caller gives the turn back.
func (m *Meter) wait(ctx context.Context, most time.Duration) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	default:
	}
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return domain.Errorf(domain.ErrBusy, "recall is being measured already, which is done once at a time: try again later")
	}
}

// run is one measurement of one runtime of a database.
type run struct {
	live      *live.Registry
	db        *live.Database
	info      domain.Database
	ask       Ask
	allow     ports.IDSet // nil: all
	vectors   int         // that searches could find when it began
	until     time.Time
	questions []question
	late      bool // there was no time for all
}

// question is a vector to search for.
type question struct {
	vector   []float32
	id       int64             // of the stored chunk that has it, which is no answer; 0: none has
	truth    []domain.Neighbor // the nearest, at most K; nil: not known
	sequence int64             // of the last change that they are the nearest at
}

// truthShare is the part of the time that exact searches may take, which take most of it where
// there are many vectors; walks are a hundred times faster.
const truthShare = 0.65

func (m *Meter) measure(ctx context.Context, db *live.Database, in Ask, began time.Time) (Report, error) {
	if err := db.Wait(ctx); err != nil {
		return Report{}, err
	}
	r := &run{live: m.Live, db: db, info: db.State(), ask: in, until: began.Add(in.Time)}
	if err := m.draw(ctx, r); err != nil {
		return Report{}, err
	}
	if err := r.findTruth(ctx, began.Add(time.Duration(truthShare*float64(in.Time)))); err != nil {
		return Report{}, err
	}
	index := m.Live.IndexInfo(r.info)
	r.vectors = int(min(int64(index.Tail.Len+index.Graph.Len), r.info.Chunks)) // one that moves is in both
	out := Report{K: in.K, Queries: len(r.questions), Vectors: r.vectors, Plan: index.Plan}
	if len(r.questions) == 0 {
		return out, domain.Errorf(domain.ErrInvalid, "no two chunks with an embedding to compare: recall cannot be measured")
	}
	if err := r.fill(ctx, &out); err != nil {
		return Report{}, err
	}
	out.Complete = !r.late
	return out, nil
}

// fill measures all points of out.
func (r *run) fill(ctx context.Context, out *Report) error {
	width := 0
	if !r.ask.Behind {
		width = cmp.Or(r.info.EfSearch, r.info.Tuned.Width(r.ask.K, r.allow != nil))
	}
	now, _, err := r.try(ctx, width)
	if err != nil {
		return err
	}
	out.Now = now
	if out.Plan == domain.PlanFlat {
		if t := r.ask.Target; t != 0 {
			out.Target = &Target{Wanted: t, Reached: now.Recall >= t, Point: now, Confidence: 1}
		}
		return nil
	}
	c := curve{run: r}
	if r.ask.Target != 0 { // before the time is over
		if out.Target, err = c.reach(ctx, r.ask.Target); err != nil {
			return err
		}
	}
	for _, ef := range r.ask.Ef {
		if _, err := c.at(ctx, ef); err != nil {
			return err
		}
	}
	out.Curve = c.points()
	return nil
}

// maxSampleBytes bounds the vectors that are held for a measurement.
const maxSampleBytes = 64 << 20

// draw has r ask for vectors that are stored.
func (m *Meter) draw(ctx context.Context, r *run) error {
	f := r.ask.Filter
	if f == nil || f.IsAll() {
		f = &filterlang.Filter{}
	} else {
		sel, err := m.Query.Select(ctx, r.info, f)
		if err != nil {
			return err
		}
		r.allow = sel
	}
	n := min(r.ask.Queries, maxSampleBytes/(4*max(r.info.Dims, 1)))
	chunks, err := m.Query.Sample(ctx, r.info, f, n, domain.FieldEmbedding, m.Random)
	if err != nil {
		return err
	}
	for i := range chunks {
		if r.info.Searchable(chunks[i].Embedding) {
			r.questions = append(r.questions, question{vector: chunks[i].Embedding, id: chunks[i].ID})
		}
	}
	return nil
}
