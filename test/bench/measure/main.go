// Package measure is what the benchmarks have in common: how they begin and end, rounds in
// which contenders take turns, medians, and the tables that they print.
package measure

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

// Main parses the flags and runs a benchmark under a context that a signal ends. An error
// is printed behind name, and ends the program with exit code 1.
func Main(name string, run func(context.Context) error) {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Machine describes the machine, with the load that it has now: figures of a busy one say
// little by themselves.
func Machine() string {
	return fmt.Sprintf("%s/%s, %d CPUs, load %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), Load())
}

// Load is how many threads the machine had to run on average over the last minute, on
// Linux.
func Load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(raw), " ")
	return one
}

// Say tells on the standard error how far a benchmark is.
func Say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
