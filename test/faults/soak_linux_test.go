package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// gauge is what is measured of a server, by name.
type gauge map[string]float64

// growth is by how much of its mean a figure may grow in the second half of a soak, on
// top of what it may grow in any case, and how large its mean may be: handles that reach
// their limit in the first half grow no more.
var growth = []struct {
	name  string
	part  float64
	slack float64
	most  float64 // some ten times of what is usual; 0: any
}{
	{"RssAnon KiB", 0.10, 16 << 10, 0},
	{"handles", 0.10, 24, 300},
	{"goroutines", 0.25, 40, 300},
	{"threads", 0.25, 8, 100},
	{"WAL KiB", 0.50, 64 << 10, 0},
	{"files KiB", 0.25, 16 << 10, 0},
}

// TestSoak churns a server for a long time and fits a line to what it holds. Nothing may
// grow once everything has been in use.
func TestSoak(t *testing.T) {
	length := time.Hour
	if text := os.Getenv(envSoak); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	} else if !full() {
		t.Skipf("make soak runs it: %s says for how long", envSoak)
	}
	rng := seeded(t)
	l := newLedger(t, accounts()...)
	dir := t.TempDir()
	s := start(t, launch{dir: dir})
	o := l.on(t.Context(), s)
	ctx, end := context.WithTimeout(t.Context(), length)
	defer end()
	o.until = ctx
	begin := time.Now()
	o.begin(rand.New(rand.NewPCG(rng.Uint64(), 5)))
	var at []float64
	var series []gauge
	for every := length / 120; ctx.Err() == nil; {
		select {
		case <-time.After(every):
		case <-ctx.Done():
		}
		l.forget(10 * time.Second)
		at, series = append(at, time.Since(begin).Seconds()), append(series, s.gauge(t))
	}
	o.running.Wait()
	o.verify(rng)
	s.terminate()
	verified(t, dir)
	half := len(at) / 2
	var table strings.Builder
	for _, g := range growth {
		mean, slope := line(at[half:], series[half:], g.name)
		rise := slope * (at[len(at)-1] - at[half])
		fmt.Fprintf(&table, "\n%-12s mean %10.0f, slope %+.1f per minute, %+.1f in the second half", g.name, mean, slope*60, rise)
		if rise > g.part*mean+g.slack {
			t.Errorf("%s grow: %+.1f in the second half of %v, mean %.0f", g.name, rise, length, mean)
		}
		if g.most > 0 && mean > g.most {
			t.Errorf("%s: mean %.0f in the second half of %v; want at most %.0f", g.name, mean, length, g.most)
		}
	}
	t.Log(table.String())
	l.report(int(length.Seconds()), "seconds of churn")
}

// line fits a line to a figure by least squares.
func line(at []float64, series []gauge, name string) (mean, slope float64) {
	var middle float64
	for i := range at {
		middle += at[i] / float64(len(at))
		mean += series[i][name] / float64(len(at))
	}
	var up, along float64
	for i := range at {
		up += (at[i] - middle) * (series[i][name] - mean)
		along += (at[i] - middle) * (at[i] - middle)
	}
	return mean, up / max(along, 1e-9)
}

// gauge measures the process and its files.
func (s *server) gauge(t *testing.T) gauge {
	t.Helper()
	g := gauge{}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			n, _, _ := strings.Cut(strings.TrimSpace(value), " ")
			v, _ := strconv.ParseFloat(n, 64) // others are words
			switch name {
			case "RssAnon":
				g["RssAnon KiB"] = v
			case "Threads":
				g["threads"] = v
			}
		}
	}
	handles, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID))
	if err != nil {
		t.Fatal(err)
	}
	g["handles"] = float64(len(handles))
	g["goroutines"] = s.goroutines(t)
	files, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // a temporary one
		}
		if err != nil {
			t.Fatal(err)
		}
		g["files KiB"] += float64(info.Size() >> 10)
		if filepath.Ext(f.Name()) == ".db-wal" {
			g["WAL KiB"] = float64(info.Size() >> 10)
		}
	}
	return g
}

// goroutines asks the server how many it has.
func (s *server) goroutines(t *testing.T) float64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.text(req)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "go_goroutines "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no go_goroutines in the metrics:\n%.2000s", text)
	return 0
}
