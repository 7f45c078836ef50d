//go:build unix

package qdrantapi_test

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is how much of the processors this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkQueryCPU is BenchmarkQuery by processor time, both APIs by turns, as the ratio of
// the two: what else runs on the machine matters less to it.
func BenchmarkQueryCPU(b *testing.B) {
	for _, dims := range []int{100, 768} {
		asks := newAsks(b, dims)
		for _, pair := range [][2]string{{"own", "qdrant"}, {"own filtered", "qdrant filtered"}} {
			b.Run(pair[1]+" "+asks.dims, func(b *testing.B) {
				var used [2]time.Duration
				n := 0
				for b.Loop() {
					for i, name := range pair {
						before := cpuTime(b)
						for range 200 {
							asks.send(b, name)
						}
						used[i] += cpuTime(b) - before
					}
					n += 200
				}
				b.ReportMetric(float64(used[0].Microseconds())/float64(n), "own-µs/query")
				b.ReportMetric(float64(used[1].Microseconds())/float64(n), "qdrant-µs/query")
				b.ReportMetric(float64(used[1])/float64(used[0]), "ratio")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
