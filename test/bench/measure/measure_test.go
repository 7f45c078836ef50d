package measure_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/test/bench/measure"
)

func TestValuesAreWrittenAsTheirMedianWithTheSpread(t *testing.T) {
	for want, v := range map[string]measure.Values{
		"–":             nil,
		"3.0":           {3},
		"2.0 (1.0–3.0)": {3, 1, 2},
		"2.5 (1.0–9.0)": {9, 1, 2, 3},
	} {
		before := slices.Clone(v)
		if got := v.Format("%.1f"); got != want || !slices.Equal(v, before) {
			t.Errorf("Format of %v = %q, then %v; want %q and nothing changed", before, got, v, want)
		}
	}
}

func TestTimesAtAPercentage(t *testing.T) {
	var times measure.Times
	if got := times.At(50); got != 0 {
		t.Errorf("At(50) of none = %v; want 0", got)
	}
	for i := range 100 {
		times = append(times, time.Duration(100-i))
	}
	for percent, want := range map[int]time.Duration{0: 1, 50: 51, 99: 100, 100: 100} {
		if got := times.At(percent); got != want {
			t.Errorf("At(%d) of 1 to 100 = %d; want %d", percent, got, want)
		}
	}
}

func TestTurnsGoBackInEverySecondRound(t *testing.T) {
	var got []string
	err := measure.Turns(3, []string{"a", "b", "c"}, func(round int, c string) error {
		got = append(got, fmt.Sprint(c, round))
		return nil
	})
	want := []string{"a0", "b0", "c0", "c1", "b1", "a1", "a2", "b2", "c2"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Turns: %v (-want +got):\n%s", err, diff)
	}
}

func TestTurnsEndWithTheFirstError(t *testing.T) {
	refused, calls := errors.New("refused"), 0
	err := measure.Turns(3, []int{1, 2}, func(round, c int) error {
		if calls++; round == 1 && c == 2 {
			return refused
		}
		return nil
	})
	if !errors.Is(err, refused) || calls != 3 {
		t.Errorf("Turns = %v after %d calls; want %v after 3", err, calls, refused)
	}
}

func TestShareHandsOutEachNumberOnce(t *testing.T) {
	var mu sync.Mutex // guards seen
	seen := map[int]int{}
	err := measure.Share(4, 5, 103, 7, func(_, from, to int) error {
		mu.Lock()
		defer mu.Unlock()
		for i := from; i < to; i++ {
			seen[i]++
		}
		return nil
	})
	for i := range 110 {
		if want := map[bool]int{true: 1}[i >= 5 && i < 103]; seen[i] != want {
			t.Errorf("%d was handed out %d times; want %d", i, seen[i], want)
		}
	}
	if err != nil {
		t.Errorf("Share = %v", err)
	}
	refused := errors.New("refused")
	if err := measure.Share(2, 0, 10, 1, func(_, from, _ int) error {
		if from == 3 {
			return refused
		}
		return nil
	}); !errors.Is(err, refused) {
		t.Errorf("Share with an error = %v; want %v", err, refused)
	}
}

func TestReportSaysWhichGoalsAreMet(t *testing.T) {
	var r measure.Report
	r.Add("speed", measure.Values{1, 3, 2}, "%.0f/s", measure.AtLeast(3))
	r.Add("memory", measure.Values{7}, "%.0f MB", measure.AtMost(7))
	r.Add("load", measure.Values{1}, "%.0f", nil)
	var out strings.Builder
	r.Print(&out)
	want := `| what | measured | goal | met |
|---|---|---|---|
| speed | 2/s (1/s–3/s) | ≥ 3/s | no |
| memory | 7 MB | ≤ 7 MB | yes |
| load | 1 | – |  |
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("Print (-want +got):\n%s", diff)
	}
}
