package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/memista/memista/test/bench/measure"
)

// load is one way to insert while searches are measured.
type load struct {
	name  string
	share float64 // of the rows
	rate  float64 // chunks/s that are due; 0: as many as the clients can send
	goals bool

	p50, p99, ratio measure.Values // of searches, in milliseconds, and to the idle p99
	recall, lowest  measure.Values
	chunks, inserts measure.Values // chunks/s that were acknowledged; p99 of inserts in milliseconds
	tail            measure.Values // vectors at the end, thousands
	searches        int
	wrong           int
}

// firstShare is which part of the rows is there, and in the graph, before all else.
const firstShare = 0.3

// besides measures searches beside nothing and beside inserts, on servers that have some
// rows already.
func (b *bench) besides(ctx context.Context) error {
	if len(b.most) == 0 { // the other part was not measured
		rounds := b.rounds
		b.rounds = 1
		err := b.follow(ctx)
		if b.rounds = rounds; err != nil {
			return err
		}
	}
	bodies := b.words.bodies(0, len(b.words.Rows))
	idle := &load{name: "nothing"}
	loads := []*load{
		{name: "half of what the index can follow", share: 0.12, rate: b.steady.Median() / 2, goals: true},
		{name: "half of the most that can be inserted", share: 0.44, rate: b.most.Median() / 2, goals: true},
		{name: fmt.Sprintf("%d clients without a pause", clients), share: 0.14},
	}
	for round := range b.rounds {
		measure.Say("searches beside inserts, round %d, load %s", round+1, measure.Load())
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		err := b.with(ctx, "", func(s *server) error { return b.beside(ctx, s, rng, bodies, idle, loads) })
		if err != nil {
			return err
		}
	}
	r := &b.report
	r.Add(fmt.Sprintf("searches beside nothing, %.0f/s, p50, ms", b.searches), idle.p50, "%.2f", nil)
	r.Add(fmt.Sprintf("p99 of %d, ms", idle.searches), idle.p99, "%.2f", nil)
	for _, l := range loads {
		b.reportLoad(l)
	}
	return nil
}

func (b *bench) reportLoad(l *load) {
	r := &b.report
	name := "searches beside " + l.name
	var p99, recall *measure.Goal
	if l.goals {
		name += fmt.Sprintf(" (%.0f chunks/s)", l.rate)
		p99, recall = measure.AtMost(5), measure.AtLeast(0.95)
	}
	r.Add(name+", p50, ms", l.p50, "%.2f", nil)
	r.Add(fmt.Sprintf("p99 of %d, ms", l.searches), l.p99, "%.2f", nil)
	r.Add("p99 ÷ p99 beside nothing", l.ratio, "%.1f", p99)
	r.Add("recall@10 of what was acknowledged", l.recall, "%.4f", recall)
	r.Add("in its worst quarter", l.lowest, "%.4f", nil)
	r.Add("inserted meanwhile, chunks/s", l.chunks, "%.0f", nil)
	r.Add(fmt.Sprintf("p99 of the inserts of %d, ms", batch), l.inserts, "%.1f", nil)
	r.Add("in the tail at the end, thousand vectors", l.tail, "%.0f", nil)
	r.answers("the searches", l.searches, l.wrong)
}

// beside measures one round.
func (b *bench) beside(ctx context.Context, s *server, rng *rand.Rand, bodies [][]byte, idle *load, loads []*load) error {
	led := newLedger(len(bodies))
	have := int(firstShare * float64(len(bodies)))
	if err := s.insert(bodies[:have], led.note); err != nil {
		return err
	}
	if err := s.drained(ctx, b.words.database, have*batch); err != nil {
		return err
	}
	if _, err := b.search(ctx, s, rng, after(time.Second)); err != nil { // warms up
		return err
	}
	alone, err := b.search(ctx, s, rng, after(b.idle))
	if err != nil {
		return err
	}
	if err := b.note(idle, led, alone, percentile(alone.times, 99)); err != nil {
		return err
	}
	for i, l := range loads {
		end := have + int(l.share*float64(len(bodies)))
		if i == len(loads)-1 {
			end = len(bodies)
		}
		if err := b.besideLoad(ctx, s, rng, bodies[have:end], &part{led, have}, l, percentile(alone.times, 99)); err != nil {
			return err
		}
		have = end
		if err := s.drained(ctx, b.words.database, have*batch); err != nil {
			return err
		}
	}
	return nil
}

// part is the part of a ledger that begins with a batch.
type part struct {
	*ledger
	first int
}

func (p *part) note(i int, sent, acked time.Time) { p.ledger.note(p.first+i, sent, acked) }

// besideLoad measures searches while bodies are inserted as l says.
func (b *bench) besideLoad(ctx context.Context, s *server, rng *rand.Rand, bodies [][]byte, led *part, l *load, idle float64) error {
	inserted := make(chan error, 1)
	done := make(chan struct{})
	var late []time.Duration
	began := time.Now()
	var took time.Duration
	go func() {
		defer close(done)
		var err error
		late, err = s.load(ctx, bodies, led, l.rate)
		took = time.Since(began)
		inserted <- err
	}()
	found, err := b.search(ctx, s, rng, func() bool {
		select {
		case <-done:
			return false
		default:
			return true
		}
	})
	if insertErr := <-inserted; insertErr != nil {
		return insertErr
	}
	if err != nil {
		return err
	}
	p, err := s.Parts(ctx, b.words.database)
	if err != nil {
		return err
	}
	l.tail = append(l.tail, float64(p.Tail.Vectors)/1000)
	l.chunks = append(l.chunks, float64(len(bodies)*batch)/took.Seconds())
	l.inserts = append(l.inserts, percentile(late, 99))
	return b.note(l, led.ledger, found, idle)
}

// load inserts bodies at a rate, in chunks per second, or as fast as can be, and returns
// how long each took since it was due.
func (s *server) load(ctx context.Context, bodies [][]byte, led *part, rate float64) ([]time.Duration, error) {
	if rate == 0 {
		var late = make([]time.Duration, len(bodies))
		err := s.insert(bodies, func(i int, sent, acked time.Time) {
			late[i] = acked.Sub(sent)
			led.note(i, sent, acked)
		})
		return late, err
	}
	conns := &pool{addr: s.Addr}
	defer conns.close()
	return openLoop(ctx, evenly(rate/batch), func(i int) bool { return i < len(bodies) }, func(i int) error {
		c := conns.take()
		defer conns.give(c)
		sent := time.Now()
		_, err := c.Do("/v1/insert", bodies[i])
		led.note(i, sent, time.Now())
		return err
	})
}

// searched is what a while of searching has shown.
type searched struct {
	times   []time.Duration // since each was due
	samples []sample
}

func after(d time.Duration) func() bool {
	began := time.Now()
	return func() bool { return time.Since(began) < d }
}

// search searches in an open loop as long as more says so.
func (b *bench) search(ctx context.Context, s *server, rng *rand.Rand, more func() bool) (searched, error) {
	conns := &pool{addr: s.Addr}
	defer conns.close()
	samples := make(chan sample, 1<<16)
	first := rng.IntN(len(b.words.queries))
	times, err := openLoop(ctx, randomly(b.searches, rng), func(int) bool { return more() }, func(i int) error {
		c := conns.take()
		defer conns.give(c)
		q := (first + i) % len(b.words.queries)
		began := time.Now()
		answer, err := c.Do("/v1/search", b.words.queries[q])
		if err == nil {
			samples <- sample{q, began, time.Now(), bytes.Clone(answer)}
		}
		return err
	})
	close(samples)
	found := searched{times: times}
	for s := range samples {
		found.samples = append(found.samples, s)
	}
	return found, err
}

// note adds what searches have shown to l.
func (b *bench) note(l *load, led *ledger, found searched, idle float64) error {
	const most = 300 // searches whose recall is found: each is compared with all rows
	if len(found.samples) == 0 {
		return fmt.Errorf("no search beside %s", l.name)
	}
	j, err := b.words.judge(led, found.samples, most)
	if err != nil {
		return err
	}
	all, lowest := mean(j.recall)
	p99 := percentile(found.times, 99)
	l.p50, l.p99, l.ratio = append(l.p50, percentile(found.times, 50)), append(l.p99, p99), append(l.ratio, p99/idle)
	l.recall, l.lowest = append(l.recall, all), append(l.lowest, lowest)
	l.searches, l.wrong = l.searches+j.looked, l.wrong+j.wrong
	measure.Say("  beside %s: p50 %.2f ms, p99 %.2f ms (%.1f ×) of %d, recall %.4f, worst quarter %.4f, %d wrong; %d to %d rows",
		l.name, percentile(found.times, 50), p99, p99/idle, j.looked, all, lowest, j.wrong, j.acknowledged[0], j.acknowledged[1])
	return nil
}
