package hnsw

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// The sections of a file: one with the graph's numbers, the others arrays by slot or by
// upper block, in the byte order of all machines we run on, little-endian.
const (
	secGraph   = "graph"
	secCommon  = "common"
	secRows    = "rows"
	secFull    = "originals"
	secLinks   = "links"
	secIDs     = "ids"
	secDeleted = "removed"
	secUps     = "levels"
	secParents = "parents"
	secHosts   = "hosts"
	secUpper   = "upper links"
)

// graphSize is the size of the section with the numbers.
const graphSize = 40

// array is one table of slabs and how it lies in a file.
type array struct {
	name  string
	table *[]unsafe.Pointer
	entry int // bytes of one entry
	count uint32
}

// arrays lists the tables of v, for n slots and the graph's upper blocks.
func (g *graph) arrays(v *memory.View, n, blocks uint32) []array {
	list := []array{
		{secRows, &v.Rows, g.RowLayout.Stride, n},
		{secLinks, &v.Links, 4 * g.M0, n},
		{secIDs, &v.IDs, 8, n},
		{secDeleted, &v.Deleted, 4, n},
		{secUps, &v.Ups, 4, n},
		{secParents, &v.Parents, 4, n},
		{secHosts, &v.Hosts, 4, n},
		{secUpper, &v.Upper, 4 * g.M, blocks},
	}
	if g.Kind != memory.KindF32 {
		list = append(list, array{secFull, &v.Full, g.FullLayout.Stride, n})
	}
	return list
}

// Save implements ports.Saver.
func (ix *Index) Save(ctx context.Context, path string, snap ports.Snapshot) error {
	if err := ix.use(); err != nil {
		return err
	}
	defer ix.life.RUnlock()
	ix.vacuum.mu.Lock()
	defer ix.vacuum.mu.Unlock()
	g := ix.graph.Load()
	w, err := indexfile.Create(path, indexfile.Header{
		Engine: engineName, Kind: g.Want, Metric: g.Metric, Dims: g.Dims,
		Count: g.live.Load(), Snapshot: snap,
	})
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Add(secGraph, g.numbers()); err != nil {
		return err
	}
	if err := w.Add(secCommon, g.commonBytes()); err != nil {
		return err
	}
	v := *g.View()
	for _, a := range g.arrays(&v, g.Used(), g.UpperBlocks()) {
		section, err := w.Section(a.name)
		if err != nil {
			return err
		}
		if err := a.write(ctx, section); err != nil {
			return err
		}
	}
	return w.Commit()
}

// write writes the entries of a, slab by slab.
func (a array) write(ctx context.Context, to io.Writer) error {
	for from := uint32(0); from < a.count; from += simd.SlabRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(a.count-from, simd.SlabRows))
		if _, err := to.Write(unsafe.Slice((*byte)((*a.table)[from/simd.SlabRows]), n*a.entry)); err != nil {
			return err
		}
	}
	return nil
}

// numbers encodes what is not in arrays.
func (g *graph) numbers() []byte {
	b := make([]byte, graphSize)
	le := binary.LittleEndian
	le.PutUint32(b[0:], uint32(g.M))
	le.PutUint32(b[4:], g.Used())
	le.PutUint32(b[8:], g.UpperBlocks())
	le.PutUint32(b[12:], g.root.Load())
	le.PutUint64(b[16:], g.entry.Load())
	le.PutUint32(b[24:], g.clock.Load())
	le.PutUint32(b[28:], g.Radius.Load())
	le.PutUint32(b[32:], uint32(slices.Index(memory.Kinds[:], g.Kind)))
	le.PutUint32(b[36:], g.outliers.from.Load())
	return b
}

// commonBytes encodes what vectors have in common; it is empty where that is nothing.
func (g *graph) commonBytes() []byte {
	var b []byte
	for _, x := range g.Common() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}
