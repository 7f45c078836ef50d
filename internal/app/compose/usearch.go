//go:build usearch && cgo

package compose

import "github.com/memista/memista/internal/adapters/index/usearch"

// aboutUSearch returns version and instruction set of the linked USearch.
func aboutUSearch() (version, simd string) {
	simd, err := usearch.Acceleration()
	if err != nil {
		simd = "unknown: " + err.Error()
	}
	return usearch.Version(), simd
}
