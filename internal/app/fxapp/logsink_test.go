package fxapp_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/fxapp"
)

// channelWriter sends what is written.
type channelWriter chan string

func (w channelWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestLogSink(t *testing.T) {
	t.Run("lines stand in the order they came in", func(t *testing.T) {
		out := make(channelWriter, 10)
		direct, lazy, stop := fxapp.NewLogSinks(out)
		fmt.Fprintln(lazy, "a")
		fmt.Fprintln(lazy, "b")
		fmt.Fprintln(direct, "c")
		fmt.Fprintln(lazy, "d")
		if err := stop(); err != nil {
			t.Errorf("stop() = %v; want nil", err)
		}
		close(out)
		var got []string
		for s := range out {
			got = append(got, s)
		}
		if diff := cmp.Diff("a\nb\nc\nd\n", strings.Join(got, "")); diff != "" {
			t.Errorf("the log (-want +got):\n%s", diff)
		}
	})
	t.Run("a line that nothing follows is written soon", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			out := make(channelWriter, 10)
			_, lazy, stop := fxapp.NewLogSinks(out)
			defer stop()
			for _, want := range []string{"first\n", "second\n"} { // the timer serves again and again
				time.Sleep(time.Second)
				began := time.Now()
				io.WriteString(lazy, want)
				if got := <-out; got != want || time.Since(began) != fxapp.FlushAfter {
					t.Errorf("%q was written after %v; want %q after %v", got, time.Since(began), want, fxapp.FlushAfter)
				}
			}
		})
	})
	t.Run("many lines are written together, and not more than a few pages of them", func(t *testing.T) {
		out := make(channelWriter, 10)
		_, lazy, stop := fxapp.NewLogSinks(out)
		defer stop()
		line := strings.Repeat("x", 1023) + "\n"
		for range fxapp.FlushBytes / len(line) {
			io.WriteString(lazy, line)
		}
		total := 0
		for total < fxapp.FlushBytes {
			total += len(<-out)
		}
		if len(out) > 0 || total != fxapp.FlushBytes {
			t.Errorf("%d bytes were written; want %d", total, fxapp.FlushBytes)
		}
	})
	t.Run("a fault of the output loses its lines only", func(t *testing.T) {
		fault := errors.New("no space")
		out := &faultyWriter{err: fault}
		direct, lazy, stop := fxapp.NewLogSinks(out)
		fmt.Fprintln(lazy, "lost")
		if _, err := fmt.Fprintln(direct, "lost too"); !errors.Is(err, fault) {
			t.Errorf("Write = %v; want %v", err, fault)
		}
		out.repair()
		fmt.Fprintln(lazy, "kept")
		if err := stop(); err != nil {
			t.Errorf("stop() = %v; want nil", err)
		}
		if got := out.String(); got != "kept\n" {
			t.Errorf("the log is %q; want %q", got, "kept\n")
		}
	})
}

// faultyWriter fails while it has an error.
type faultyWriter struct {
	strings.Builder            // read after the last write
	mu              sync.Mutex // guards err
	err             error
}

func (w *faultyWriter) repair() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = nil
}

func (w *faultyWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	return w.Builder.Write(p)
}
