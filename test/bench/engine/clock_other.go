//go:build !unix

package main

import "time"

// cpuVariable has no effect here.
const cpuVariable = "MEMISTA_BENCH_CPU"

// now is the time in seconds.
func now() float64 { return float64(time.Now().UnixNano()) * 1e-9 }
