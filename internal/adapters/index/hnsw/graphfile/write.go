package graphfile

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// Write writes the sections of g to w, which the caller commits, or returns the error of ctx
// or of w. No one changes g meanwhile.
func Write(ctx context.Context, w *indexfile.Writer, g *graph.Graph) error {
	if err := w.Add(secGraph, numbers(g)); err != nil {
		return err
	}
	if err := w.Add(secCommon, commonBytes(g)); err != nil {
		return err
	}
	v := *g.View()
	for _, a := range arrays(g, &v, g.Used(), g.UpperBlocks()) {
		section, err := w.Section(a.name)
		if err != nil {
			return err
		}
		if err := a.write(ctx, section); err != nil {
			return err
		}
	}
	return nil
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
func numbers(g *graph.Graph) []byte {
	b := make([]byte, graphSize)
	le := binary.LittleEndian
	le.PutUint32(b[0:], uint32(g.M))
	le.PutUint32(b[4:], g.Used())
	le.PutUint32(b[8:], g.UpperBlocks())
	le.PutUint32(b[12:], g.Root.Load())
	le.PutUint64(b[16:], g.Entry.Load())
	le.PutUint32(b[24:], g.Clock.Load())
	le.PutUint32(b[28:], g.Radius.Load())
	le.PutUint32(b[32:], uint32(slices.Index(memory.Kinds[:], g.Kind)))
	le.PutUint32(b[36:], g.Outliers.From.Load())
	return b
}

// commonBytes encodes what vectors have in common; it is empty where that is nothing.
func commonBytes(g *graph.Graph) []byte {
	var b []byte
	for _, x := range g.Common() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}
