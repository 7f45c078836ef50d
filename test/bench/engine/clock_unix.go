//go:build unix

package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// cpuVariable tells the peers, too, to count processor time.
const cpuVariable = "MEMISTA_BENCH_CPU"

// now is the time in seconds, or the processor time this process has spent.
func now() float64 {
	if os.Getenv(cpuVariable) == "" {
		return float64(time.Now().UnixNano()) * 1e-9
	}
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err) // the clock is always there
	}
	return float64(t.Nano()) * 1e-9
}
