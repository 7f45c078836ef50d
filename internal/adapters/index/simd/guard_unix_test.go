//go:build unix

package simd_test

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns n float32s that end where a page begins whose reading is a fault, and
// n that begin right behind such a page.
func guarded(t *testing.T, n int) (ends, begins []float32) {
	t.Helper()
	page := os.Getpagesize()
	size := (n*4 + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, 2*page+size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	for _, at := range []int{0, page + size} {
		if err := unix.Mprotect(mem[at:at+page], unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	float := func(at int) []float32 { return unsafe.Slice((*float32)(unsafe.Pointer(&mem[at])), n) }
	return float(page + size - n*4), float(page)
}

func TestKernelsStayInsideTheirSlices(t *testing.T) {
	const rows = 7
	const most = 300
	qEnds, qBegins := guarded(t, most)
	rowsEnds, rowsBegins := guarded(t, most*rows)
	outEnds, outBegins := guarded(t, rows)
	eachKernel(t, func(t *testing.T, k kernel) {
		for dims := 1; dims <= most; dims++ {
			for n := 1; n <= rows; n++ {
				k.block(qEnds[most-dims:], rowsEnds[(most*rows)-n*dims:], dims, outEnds[rows-n:])
				k.block(qBegins[:dims], rowsBegins[:n*dims], dims, outBegins[:n])
			}
		}
	})
}
