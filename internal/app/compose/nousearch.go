//go:build !usearch || !cgo

package compose

// aboutUSearch returns version and instruction set of the linked USearch: none is.
func aboutUSearch() (version, simd string) { return "", "" }
