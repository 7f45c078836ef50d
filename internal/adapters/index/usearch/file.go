//go:build usearch && cgo

package usearch

import (
	"context"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"slices"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// The sections of an index file. Rows and ids are in the order of the slots; the graph
// is what USearch itself writes.
const (
	sectionIDs       = "ids"
	sectionRows      = "rows"
	sectionGraph     = "graph"
	sectionUnreached = "strays" // the ids of unreached nodes
	sectionState     = "state"  // the next mark
	sectionLift      = "lift"   // under inner product: what lift holds, then the ids of the longest
)

// Save writes the index to path.
func (ix *Index) Save(ctx context.Context, path string, snap ports.Snapshot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ix.writer.Lock()
	defer ix.writer.Unlock()
	if err := ix.settle(ctx); err != nil {
		return err
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.gen == nil {
		return errClosed()
	}
	w, err := indexfile.Create(path, indexfile.Header{Engine: name, Kind: ix.plan.Storage, Metric: ix.plan.Metric,
		Dims: ix.plan.Dims, Count: int64(ix.gen.rows.live), Snapshot: snap})
	if err != nil {
		return err
	}
	defer w.Abort()
	for _, part := range []struct {
		section string
		write   func(context.Context, io.Writer) error
	}{
		{sectionIDs, ix.gen.rows.saveIDs}, {sectionRows, ix.gen.rows.save}, {sectionGraph, ix.gen.graph.saveTo},
		{sectionState, ix.gen.saveState}, {sectionUnreached, ix.gen.saveStrays}, {sectionLift, ix.gen.saveLift},
	} {
		to, err := w.Section(part.section)
		if err != nil {
			return err
		}
		if err := part.write(ctx, to); err != nil {
			return err
		}
	}
	return w.Commit()
}

func (r *rows) saveIDs(_ context.Context, w io.Writer) error {
	buf := make([]byte, 0, 8*r.live)
	for _, id := range r.ids {
		if id != 0 {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(id))
		}
	}
	_, err := w.Write(buf)
	return err
}

// save writes the rows of the live ids, and the component that follows the last one.
func (r *rows) save(ctx context.Context, w io.Writer) error {
	buf := make([]byte, 0, 4*r.stride)
	for slot, id := range r.ids {
		if id == 0 {
			continue
		}
		buf = buf[:0]
		for _, x := range r.at(uint32(slot)) {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		if slot%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	_, err := w.Write(make([]byte, 4*behind))
	return err
}

// Open reads the index in the file at path. The originals stay in the file, mapped; the
// graph is read into memory, for it must be able to grow.
func (e Engine) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	p, err := e.resolve(s)
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	f, err := indexfile.Open(path, indexfile.Want{Engine: name, Kind: p.Storage, Metric: p.Metric, Dims: p.Dims, Incarnation: life})
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	gen, err := read(f, &p)
	if err != nil {
		_ = f.Close()
		return nil, ports.Snapshot{}, err
	}
	ix := newIndex(p, gen)
	ix.file = f
	return ix, f.Header().Snapshot, nil
}

func (g *generation) saveState(_ context.Context, w io.Writer) error {
	return binary.Write(w, binary.LittleEndian, g.graph.mark)
}

func (g *generation) saveStrays(_ context.Context, w io.Writer) error {
	return binary.Write(w, binary.LittleEndian, slices.Sorted(maps.Keys(g.unreached)))
}

// read makes a generation of what is in f, and checks that its parts fit together.
func read(f *indexfile.File, p *plan) (*generation, error) {
	ids, okIDs := f.Section(sectionIDs)
	data, okRows := f.Section(sectionRows)
	links, okGraph := f.Section(sectionGraph)
	state, okState := f.Section(sectionState)
	unreached, okStrays := f.Section(sectionUnreached)
	lifts, okLift := f.Section(sectionLift)
	if !okLift {
		return nil, domain.Errorf(domain.ErrStaleSnapshot, "index file is of a memista that arranged the graph in another way")
	}
	if !okIDs || !okRows || !okGraph || !okState || !okStrays || int64(len(ids)) != 8*f.Header().Count || len(data)%4 != 0 || len(state) != 8 || len(unreached)%8 != 0 {
		return nil, domain.Errorf(domain.ErrCorrupt, "index file lacks a section or has one of a wrong size")
	}
	g, err := newGraph(p)
	if err != nil {
		return nil, err
	}
	gen := newGeneration(p, g)
	g.mark = binary.LittleEndian.Uint64(state)
	err = gen.rows.adopt(int64s(ids), float32s(data))
	if err == nil {
		err = gen.adoptLift(lifts)
	}
	if err == nil {
		err = g.load(links)
	}
	if err == nil {
		err = gen.adoptDuplicates()
	}
	if err != nil {
		g.close()
		return nil, err
	}
	for _, id := range int64s(unreached) {
		gen.noteUnreached(id)
	}
	return gen, nil
}

// adoptDuplicates finds out which rows stand in the graph and whose duplicates the others are.
func (g *generation) adoptDuplicates() error {
	var others []uint32
	for slot, id := range g.rows.ids {
		if _, aside := g.longest[id]; aside {
			continue
		}
		if !g.graph.contains(id) {
			others = append(others, uint32(slot))
			continue
		}
		if h := g.duplicates.hash(g.rows.at(uint32(slot))); g.duplicates.first[h] == 0 {
			g.duplicates.first[h] = id
		}
	}
	g.graph.dead = g.graph.len() - (g.rows.live - len(others) - len(g.longest))
	if g.graph.dead < 0 || g.graph.mark < uint64(g.graph.dead)+1<<63 {
		return domain.Errorf(domain.ErrCorrupt, "index file has %d entries in its graph for %d rows", g.graph.len(), g.rows.live)
	}
	for _, slot := range others {
		if id := g.rows.ids[slot]; !g.duplicates.join(g.rows, id, g.rows.at(slot)) {
			return domain.Errorf(domain.ErrCorrupt, "index file has no vector for id %d in its graph", id)
		}
	}
	return nil
}

func int64s(b []byte) []int64 {
	out := make([]int64, len(b)/8)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out
}

// float32s returns the numbers of b, in place where the machine has the file's order of
// bytes.
func float32s(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

// Remove removes the index file at path, and what a crash left of it.
func (Engine) Remove(path string) error { return indexfile.Remove(path) }
