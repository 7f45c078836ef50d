//go:build unix

// Package faults_test breaks memista on purpose: it kills the real binary, damages its
// files, fills its disk and lets system calls fail, and compares what is left with what
// was acknowledged. README.md in this folder says what is tested and what came out.
package faults_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/test/daemon"
)

// Settings of a run, from the environment.
const (
	envFull    = "MEMISTA_FAULTS"         // "full": the numbers of README.md instead of the short ones
	envRounds  = "MEMISTA_FAULTS_ROUNDS"  // a number of rounds of its own
	envSeed    = "MEMISTA_FAULTS_SEED"    // to repeat a run
	envSoak    = "MEMISTA_FAULTS_SOAK"    // how long TestSoak runs, such as 60s
	envHistory = "MEMISTA_FAULTS_HISTORY" // how long a run of TestHistories is, such as 60s
	envOverlay = "MEMISTA_FAULTS_OVERLAY" // a go build overlay with a seeded bug
)

// full reports whether this is a run in full.
func full() bool { return os.Getenv(envFull) == "full" }

// rounds returns how often a test is to do what it does.
func rounds(t *testing.T, short, whole int) int {
	t.Helper()
	if text := os.Getenv(envRounds); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("%s=%q is not a number of rounds", envRounds, text)
		}
		return n
	}
	if full() {
		return whole
	}
	return short
}

// seeded returns a random source, and prints how to have the same one again.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(envSeed); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s=%q is not a seed", envSeed, text)
		}
		seed = n
	}
	t.Logf("%s=%d repeats this run", envSeed, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// result prints a line of the table in README.md.
func result(t *testing.T, n int, what string, failures int) {
	t.Helper()
	bound := "-"
	if failures == 0 && n > 0 {
		bound = fmt.Sprintf("< %.2g at 95 %%", min(3/float64(n), 1))
	}
	t.Logf("RESULT n=%d %s, failures %d, bound %s", n, what, failures, bound)
}

// built is the folder of the binary, made by the first test that needs it.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// program returns the path of memista, built from this source.
func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "memista-faults-"); built.err != nil {
			return
		}
		var args []string
		if overlay := os.Getenv(envOverlay); overlay != "" {
			args = []string{"-overlay", overlay}
		}
		built.path, built.err = daemon.Build(t.Context(), built.dir, args...)
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}
