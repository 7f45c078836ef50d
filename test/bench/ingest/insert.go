package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// inserts measures how fast vectors are acknowledged, and how fast the index has them.
func (b *bench) inserts(ctx context.Context) error {
	if err := b.follow(ctx); err != nil {
		return err
	}
	wide := newData("wide", vectors.NewMade(vectors.Made{Dims: 768, Seed: 1}, b.wide/batch*batch))
	if err := b.short(ctx, wide); err != nil {
		return err
	}
	return b.searchable(ctx, b.words, wide)
}

// follow measures inserts of word vectors beside the engine alone, which builds the same
// graph without a server, by turns.
func (b *bench) follow(ctx context.Context) error {
	measure.Say("%d × %d", len(b.words.Rows), b.words.Dims)
	truth, err := b.words.Truth(domain.InnerProduct, k)
	if err != nil {
		return err
	}
	bodies := b.words.bodies(0, len(b.words.Rows))
	var bare, bareRecall, ratio measure.Values
	all := filled{}
	for range b.rounds {
		f, err := b.fill(ctx, b.words, bodies, truth)
		if err != nil {
			return err
		}
		rate, found, err := build(b.words.Set, truth)
		if err != nil {
			return err
		}
		all.add(f)
		bare, bareRecall = append(bare, rate), append(bareRecall, found)
		ratio = append(ratio, f.drained[0]/rate)
	}
	b.most, b.steady = all.acked, all.drained
	b.reportFilled(b.words, &all, 20_000)
	r := &b.report
	r.Add("the engine alone, chunks/s", bare, "%.0f", nil)
	r.Add("the engine alone, recall@10", bareRecall, "%.4f", nil)
	r.Add(fmt.Sprintf("insert %d until the tail is empty, ÷ the engine alone", len(b.words.Rows)), ratio, "%.2f", measure.AtLeast(0.8))
	return nil
}

// short measures inserts of a set that the tail can hold.
func (b *bench) short(ctx context.Context, d *data) error {
	measure.Say("%d × %d", len(d.Rows), d.Dims)
	truth, err := d.Truth(domain.InnerProduct, k)
	if err != nil {
		return err
	}
	bodies := d.bodies(0, len(d.Rows))
	all := filled{}
	for range b.rounds {
		f, err := b.fill(ctx, d, bodies, truth)
		if err != nil {
			return err
		}
		all.add(f)
	}
	b.reportFilled(d, &all, 4000)
	return nil
}

// filled is what filling servers has measured.
type filled struct {
	acked, drained measure.Values // chunks/s
	tail           measure.Values // MiB after the last acknowledgement
	waits          measure.Values // inserts that had to wait for the indexer
	recall         measure.Values
	looked, wrong  int
}

func (f *filled) add(g filled) {
	f.acked, f.drained, f.tail = append(f.acked, g.acked...), append(f.drained, g.drained...), append(f.tail, g.tail...)
	f.waits, f.recall = append(f.waits, g.waits...), append(f.recall, g.recall...)
	f.looked, f.wrong = f.looked+g.looked, f.wrong+g.wrong
}

func (b *bench) reportFilled(d *data, f *filled, least float64) {
	r, what := &b.report, fmt.Sprintf("insert %d × %d-d", len(d.Rows), d.Dims)
	r.Add(fmt.Sprintf("%s, %d clients × %d, acknowledged, chunks/s", what, clients, batch), f.acked, "%.0f", measure.AtLeast(least))
	bound := float64(config.Default().Data.Tail.MaxBytes) / (1 << 20)
	r.Add("tail after the last acknowledgement; its bound, MiB", f.tail, "%.0f", measure.AtMost(bound))
	r.Add("inserts that waited for the indexer", f.waits, "%.0f", measure.AtMost(0))
	r.Add(what+" until the tail is empty, chunks/s", f.drained, "%.0f", nil)
	r.Add("recall@10 then", f.recall, "%.4f", measure.AtLeast(0.95))
	r.answers("searches then", f.looked, f.wrong)
}

// fill inserts all of d into a new server, and waits until its graph has them.
func (b *bench) fill(ctx context.Context, d *data, bodies [][]byte, truth [][]int64) (f filled, err error) {
	err = b.with(ctx, "", func(s *server) error {
		began := time.Now()
		if err := s.insert(bodies, nil); err != nil {
			return err
		}
		acked := time.Since(began)
		p, err := s.Parts(ctx, d.database)
		if err != nil {
			return err
		}
		if err := s.drained(ctx, d.database, len(d.Rows)); err != nil {
			return err
		}
		drained := time.Since(began)
		waits, err := s.metric(ctx, "memista_insert_waits_total")
		if err != nil {
			return err
		}
		n := float64(len(d.Rows))
		f.acked, f.drained = measure.Values{n / acked.Seconds()}, measure.Values{n / drained.Seconds()}
		f.tail, f.waits = measure.Values{float64(p.Tail.Bytes) / (1 << 20)}, measure.Values{waits}
		found, wrong, err := s.recall(d, truth)
		f.recall, f.looked, f.wrong = measure.Values{found}, len(d.queries), wrong
		return err
	})
	if err == nil {
		measure.Say("  %.0f chunks/s acknowledged, %.0f until the tail was empty, load %s", f.acked[0], f.drained[0], measure.Load())
	}
	return f, err
}

// insert sends the bodies from all clients, each the next as soon as it has an answer.
// done, if not nil, is told of each when it was sent and acknowledged.
func (s *server) insert(bodies [][]byte, done func(i int, sent, acked time.Time)) error {
	var next atomic.Int64
	return s.together(func(_ int, c *rest.Conn) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(bodies) {
				return nil
			}
			sent := time.Now()
			if _, err := c.Do("/v1/insert", bodies[i]); err != nil {
				return err
			}
			if done != nil {
				done(i, sent, time.Now())
			}
		}
	})
}

// together runs fn once per client, each with a connection of its own.
func (s *server) together(fn func(client int, c *rest.Conn) error) error {
	return measure.Together(clients, func(client int) error {
		c := rest.New(s.Addr)
		defer c.Close()
		return fn(client, c)
	})
}

// recall searches for every query of d, all of which is stored, and returns the mean
// recall and how many answers were wrong.
func (s *server) recall(d *data, truth [][]int64) (mean float64, wrong int, err error) {
	c := rest.New(s.Addr)
	defer c.Close()
	for i, body := range d.queries {
		hits, err := find(c, body)
		if err != nil {
			return 0, 0, err
		}
		got, right := d.check(d.Queries[i], hits)
		if !right {
			wrong++
		}
		mean += vectors.Recall(truth[i], got)
	}
	return mean / float64(len(d.queries)), wrong, nil
}

// searchable inserts by all clients, each of which searches after each acknowledgement
// for the last chunk of its batch.
func (b *bench) searchable(ctx context.Context, sets ...*data) error {
	const most = 100 // batches
	for _, d := range sets {
		n := min(most, len(d.Rows)/batch)
		bodies := d.bodies(0, n*batch)
		var missed atomic.Int64
		err := b.with(ctx, "", func(s *server) error {
			return s.together(func(client int, c *rest.Conn) error {
				for i := client; i < n; i += clients {
					if _, err := c.Do("/v1/insert", bodies[i]); err != nil {
						return err
					}
					row := (i+1)*batch - 1
					body := fmt.Appendf(nil, `{"database_id":%q,"num_results":1,"exact":true,"embeddings":[`, d.database)
					hits, err := find(c, append(appendVector(body, d.Rows[row]), "]}"...))
					if err != nil {
						return err
					}
					if len(hits) != 1 || hits[0].Text != textOf(row) {
						missed.Add(1)
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		b.report.answers(fmt.Sprintf("%d-d, the last chunk of each batch searched for when it is acknowledged", d.Dims), n, int(missed.Load()))
	}
	return nil
}
