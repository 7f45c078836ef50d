//go:build unix

package faults_test

import (
	"os"
	"testing"
	"time"

	"github.com/memista/memista/test/faults/histories"
)

// setupOf is a setup for a server that has little memory and closes databases all the time.
func setupOf(t *testing.T) histories.Setup {
	t.Helper()
	rng := seeded(t)
	return histories.Setup{
		Binary: program(t), Dir: t.TempDir(), Seed: rng.Uint64(), Clients: 16, Dims: 176,
		Flags: []string{"--idle-close", "2s", "--tail-bytes", "1MiB"},
	}
}

// TestHistories holds every answer to random operations of many clients against what was
// acknowledged, while the server is killed and stopped.
func TestHistories(t *testing.T) {
	setup := setupOf(t)
	setup.Flags = append(setup.Flags, "--memory-budget", "12MiB")
	setup.Length, setup.Kill, setup.Swing = 8*time.Second, 3*time.Second, 2600
	if full() {
		setup.Length, setup.Kill, setup.Swing = 2*time.Minute, 9*time.Second, 4600
	}
	if text := os.Getenv(envHistory); text != "" {
		var err error
		if setup.Length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s=%q: %v", envHistory, text, err)
		}
	}
	n, red := rounds(t, 1, 30), 0
	for range n {
		f := histories.Run(t.Context(), setup)
		if f.N() > 0 {
			red++
			t.Errorf("seed %d: %d broken promises:\n%s", setup.Seed, f.N(), f.Broken())
		}
		t.Logf("seed %d:\n%v", setup.Seed, f)
		setup.Seed, setup.Dir = setup.Seed+1, t.TempDir()
	}
	result(t, n, "runs of "+setup.Length.String(), red)
}

// TestNewDatabases has writers, searches, counts and rebuilds at new databases from their
// first moment on.
func TestNewDatabases(t *testing.T) {
	setup := setupOf(t)
	setup.Flags = append(setup.Flags, "--memory-budget", "2MiB")
	n := rounds(t, 20, 1000)
	f := histories.NewDatabases(t.Context(), setup, n)
	if f.N() > 0 {
		t.Errorf("%d broken promises:\n%s", f.N(), f.Broken())
	}
	t.Logf("figures:\n%v", f)
	result(t, n, "new databases", f.N())
}
