package graphfile

import (
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
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
func arrays(g *graph.Graph, v *memory.View, n, blocks uint32) []array {
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
