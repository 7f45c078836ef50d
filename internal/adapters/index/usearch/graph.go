//go:build usearch && cgo

package usearch

/*
#cgo pkg-config: memista-usearch
#cgo CXXFLAGS: -std=c++17 -O2
#cgo noescape mu_search
#cgo nocallback mu_search
#cgo noescape mu_add
#cgo nocallback mu_add
#cgo noescape mu_reach
#cgo nocallback mu_reach
#cgo nocallback mu_remove
#cgo nocallback mu_contains
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"unsafe"

	"github.com/memista/memista/internal/domain"
)

type (
	graphMetric = C.mu_metric
	graphKind   = C.mu_kind
)

const (
	innerProduct graphMetric = C.mu_ip
	squaredL2    graphMetric = C.mu_l2
	f32          graphKind   = C.mu_f32
	bf16         graphKind   = C.mu_bf16
	f16          graphKind   = C.mu_f16
	i8           graphKind   = C.mu_i8
)

// graph is one USearch index. Searches may run beside each other, at most plan.threads
// at once; everything else needs it alone. Whoever has it sees to both.
type graph struct {
	c    *C.mu_index
	dead int    // entries that are removed and stay as way points
	mark uint64 // the key that the next removed entry gets
}

func libraryVersion() string { return C.GoString(C.mu_version()) }

// failure turns an error of the shim into one of ours.
func failure(doing string, text *C.char) error {
	if text == nil {
		return nil
	}
	return fmt.Errorf("usearch: %s: %s", doing, C.GoString(text))
}

func newGraph(p *plan) (*graph, error) {
	g := &graph{mark: C.mu_mark}
	text := C.mu_new(p.metric, p.kind, C.size_t(p.graphDims()), C.size_t(p.M), C.size_t(p.EfConstruction), C.size_t(p.threads), &g.c)
	if err := failure("new index", text); err != nil {
		return nil, err
	}
	return g, nil
}

// close frees the memory. It may be called twice.
func (g *graph) close() {
	C.mu_free(g.c)
	g.c = nil
}

// len returns the number of vectors that searches may find.
func (g *graph) len() int             { return int(C.mu_size(g.c)) - g.dead }
func (g *graph) bytes() int64         { return int64(C.mu_bytes(g.c)) }
func (g *graph) acceleration() string { return C.GoString(C.mu_acceleration(g.c)) }

func (g *graph) contains(id int64) bool { return bool(C.mu_contains(g.c, C.uint64_t(id))) }

// add adds v under an id that is not in the graph.
func (g *graph) add(id int64, v []float32) error {
	return failure("add", C.mu_add(g.c, C.uint64_t(id), (*C.float)(unsafe.SliceData(v))))
}

// remove takes id out. Its entry stays, under a key that no search returns, and leads
// walks as before. USearch's own removal would give the entry to the next vector that is
// added, with the links that lead there: after replacing all vectors recall fell by
// several hundredths.
func (g *graph) remove(id int64) error {
	if err := failure("remove", C.mu_rename(g.c, C.uint64_t(id), C.uint64_t(g.mark))); err != nil {
		return err
	}
	g.mark++
	g.dead++
	return nil
}

// relink makes the links of id anew. USearch gives the entry it has just removed to the
// vector that is added next, here the same one.
func (g *graph) relink(id int64, v []float32) error {
	if r := C.mu_remove(g.c, C.uint64_t(id)); r.error != nil {
		return failure("relink", r.error)
	}
	return g.add(id, v)
}

// rename lets the vector of one id stand under another one, which is not in the graph.
func (g *graph) rename(from, to int64) error {
	return failure("rename", C.mu_rename(g.c, C.uint64_t(from), C.uint64_t(to)))
}

// search writes up to len(keys) ids to keys, nearest first by their codes, and returns
// how many. With allow, only ids of that set come.
func (g *graph) search(query []float32, allow *bitmap, keys []uint64, distances []float32) (int, error) {
	var r C.mu_count
	q, k, d := (*C.float)(unsafe.SliceData(query)), (*C.uint64_t)(unsafe.SliceData(keys)), (*C.float)(unsafe.SliceData(distances))
	if allow == nil {
		r = C.mu_search(g.c, q, C.size_t(len(keys)), nil, C.bool(g.dead > 0), k, d)
		return int(r.count), failure("search", r.error)
	}
	// The struct that C reads holds a pointer to Go memory, which must not move
	// meanwhile.
	words := unsafe.SliceData(allow.words)
	var pin runtime.Pinner
	pin.Pin(words)
	defer pin.Unpin()
	r = C.mu_search(g.c, q, C.size_t(len(keys)),
		&C.mu_bitmap{words: (*C.uint64_t)(words), first: C.uint64_t(allow.first), bits: C.uint64_t(64 * len(allow.words))}, false, k, d)
	return int(r.count), failure("search", r.error)
}

// reach returns the ids that a search from query can come to.
func (g *graph) reach(query []float32) ([]uint64, error) {
	keys := make([]uint64, g.len()+g.dead+16)
	for {
		r := C.mu_reach(g.c, (*C.float)(unsafe.SliceData(query)), (*C.uint64_t)(unsafe.SliceData(keys)), C.size_t(len(keys)))
		if r.error != nil {
			return nil, failure("audit", r.error)
		}
		if n := int(r.count); n <= len(keys) {
			return keys[:n], nil
		}
		keys = make([]uint64, r.count)
	}
}

// load fills a new graph from verified bytes.
func (g *graph) load(bytes []byte) error {
	if len(bytes) == 0 {
		return domain.Errorf(domain.ErrCorrupt, "index file has an empty graph")
	}
	text := C.mu_load(g.c, unsafe.Pointer(unsafe.SliceData(bytes)), C.size_t(len(bytes)))
	if err := failure("load", text); err != nil {
		return fmt.Errorf("%w: %w", domain.ErrCorrupt, err)
	}
	return nil
}

// saveTo writes the graph to w. It goes through memory that C gives and takes back at
// once, so that the collector does not keep a copy of the index for a while.
func (g *graph) saveTo(ctx context.Context, w io.Writer) error {
	size := C.mu_saved_size(g.c)
	if size.error != nil {
		return failure("save", size.error)
	}
	buf := C.malloc(size.count)
	if buf == nil {
		return fmt.Errorf("usearch: save: no memory for %d bytes", size.count)
	}
	defer C.free(buf)
	if err := failure("save", C.mu_save(g.c, buf, size.count)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := w.Write(unsafe.Slice((*byte)(buf), int(size.count)))
	return err
}
