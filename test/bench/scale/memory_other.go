//go:build !linux

package main

import (
	"errors"
	"runtime"
)

// anonymous returns the bytes of the heap in use.
func anonymous() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// forgetPages is not known on this system.
func forgetPages(string) error { return errors.ErrUnsupported }
