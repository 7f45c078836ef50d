package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/test/bench/vectors"
)

func TestOpenLoopCountsFromWhenCallsAreDue(t *testing.T) {
	const calls, every = 20, time.Millisecond
	stalled, all := make(chan struct{}), sync.WaitGroup{}
	all.Add(calls)
	go func() { // ends the stall when every call is waiting in it
		all.Wait()
		close(stalled)
	}()
	began := time.Now()
	late, err := openLoop(context.Background(), func() time.Duration { return every }, func(i int) bool { return i < calls }, func(int) error {
		all.Done()
		<-stalled
		return nil
	})
	took := time.Since(began)
	if err != nil || len(late) != calls {
		t.Fatalf("openLoop = %d times, %v; want %d", len(late), err, calls)
	}
	// The call due at i ms waited for the one due last, if not longer.
	var sum, least time.Duration
	for i, l := range late {
		sum += l
		least += time.Duration(calls-1-i) * every
		if l > took {
			t.Errorf("a call took %v of %v", l, took)
		}
	}
	if sum < least {
		t.Errorf("calls that were stalled took %v together; want at least %v", sum, least)
	}
}

func TestOpenLoopEndsWithTheFirstError(t *testing.T) {
	want := errors.New("refused")
	_, err := openLoop(context.Background(), func() time.Duration { return time.Millisecond }, func(int) bool { return true }, func(i int) error {
		if i == 3 {
			return want
		}
		return nil
	})
	if !errors.Is(err, want) {
		t.Errorf("openLoop = %v; want %v", err, want)
	}
}

// answerOf is what a server would answer that found rows.
func answerOf(t *testing.T, d *data, q []float32, rows ...int) []byte {
	t.Helper()
	var hits []hit
	for _, row := range rows {
		hits = append(hits, hit{ID: int64(row + 1), Text: textOf(row), Score: float32(dot(q, d.Rows[row]))})
	}
	raw, err := json.Marshal([][]hit{hits})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestJudge(t *testing.T) {
	d := newData("made", vectors.NewMade(vectors.Made{Dims: 16, Seed: 3}, 3*batch))
	l := newLedger(3)
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	l.note(0, at(0), at(10))
	l.note(1, at(20), at(40))
	l.note(2, at(60), at(70))
	q := d.Queries[0]
	among := func(has func(row int) bool) (rows []int) {
		for _, n := range d.Nearest("ip", q, k, has) {
			rows = append(rows, int(n.ID-1))
		}
		return rows
	}
	first := among(func(row int) bool { return row < batch })
	two := among(func(row int) bool { return row < 2*batch })
	all := among(func(int) bool { return true })
	ten := append(first[:9:9], among(func(row int) bool { return row < batch && row != first[9] })[9])
	for _, c := range []struct {
		name         string
		rows         []int
		began, ended int
		recall       float64
		wrong        int
	}{
		{"what was acknowledged is found", first, 15, 18, 1, 0},
		{"what came meanwhile need not be found", first, 30, 50, 1, 0},
		{"what came meanwhile may be found", two, 30, 50, 1, 0},
		{"one of ten is missed", ten, 15, 18, 0.9, 0},
		{"nine hits", first[:9], 15, 18, 0.9, 1},
		{"what was not sent yet is found", all, 30, 50, 1, 1},
	} {
		s := sample{query: 0, began: at(c.began), ended: at(c.ended), answer: answerOf(t, d, q, c.rows...)}
		j, err := d.judge(l, []sample{s}, 10)
		if err != nil || len(j.recall) != 1 || j.recall[0] != c.recall || j.wrong != c.wrong {
			t.Errorf("%s: judge = %+v, %v; want recall %v, %d wrong", c.name, j, err, c.recall, c.wrong)
		}
	}
	missing := sample{began: at(50), ended: at(55), answer: answerOf(t, d, q, first...)}
	if j, err := d.judge(l, []sample{missing}, 10); err != nil || j.recall[0] == 1 {
		t.Errorf("judge = %+v, %v; want a recall below 1: rows acknowledged before are not found", j, err)
	}
}

func TestCheck(t *testing.T) {
	d := newData("made", vectors.NewMade(vectors.Made{Dims: 16, Seed: 3}, batch))
	q := d.Queries[0]
	good := func() (hits []hit) {
		for _, n := range d.Nearest("ip", q, k, func(int) bool { return true }) {
			hits = append(hits, hit{ID: n.ID, Text: textOf(int(n.ID - 1)), Score: 1 - n.Distance})
		}
		return hits
	}
	if _, right := d.check(q, good()); !right {
		t.Error("check finds fault with a right answer")
	}
	for name, spoil := range map[string]func([]hit) []hit{
		"too few":            func(h []hit) []hit { return h[:k-1] },
		"twice the same":     func(h []hit) []hit { h[1] = h[0]; return h },
		"out of order":       func(h []hit) []hit { h[0], h[9] = h[9], h[0]; return h },
		"another's text":     func(h []hit) []hit { h[3].Text = textOf(17); return h },
		"a text of nobody's": func(h []hit) []hit { h[3].Text = "17"; return h },
		"a wrong score":      func(h []hit) []hit { h[9].Score -= 0.01; return h },
		"no such row":        func(h []hit) []hit { h[9].Text = textOf(batch); return h },
	} {
		if _, right := d.check(q, spoil(good())); right {
			t.Errorf("check lets pass: %s", name)
		}
	}
}
