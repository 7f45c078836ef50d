//go:build usearch && cgo

package usearch

import (
	"context"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// longest holds the few vectors that are far longer than the others, with their squared
// lengths. They are not in the graph: by inner product they are nearer to half of all
// vectors than any neighbor is, so each of them would push the true neighbors out of half
// of all lists. Every search compares with them instead.
type longest map[int64]float64

// How many vectors there may be in longest, and how many times the ordinary squared length
// one of them has at least.
const (
	maxLongest = 64
	farLonger  = 25
)

// shortest returns the least of the vectors.
func (l longest) shortest() (id int64, square float64) {
	for i, s := range l {
		if id == 0 || s < square || s == square && i > id {
			id, square = i, s
		}
	}
	return id, square
}

// setAside keeps id, of the given squared length, out of the graph if it is one of the
// longest, and reports whether it did. Where there are enough of them the shortest gives
// way and goes to the graph.
func (g *generation) setAside(id int64, square float64) (bool, error) {
	if square < farLonger*g.lift.ordinary() {
		return false, nil
	}
	if len(g.longest) < maxLongest {
		g.longest[id] = square
		return true, nil
	}
	other, least := g.longest.shortest()
	if square <= least {
		return false, nil
	}
	delete(g.longest, other)
	g.longest[id] = square
	slot, _ := g.rows.slot(other)
	return true, g.linkNode(other, g.rows.at(slot))
}

// saveLift writes what adoptLift reads.
func (g *generation) saveLift(_ context.Context, w io.Writer) error {
	err := binary.Write(w, binary.LittleEndian, []float64{g.lift.square, g.lift.logs, float64(g.lift.count)})
	if err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, slices.Sorted(maps.Keys(g.longest)))
}

// adoptLift takes over lift and longest of an index file, whose rows are there already.
func (g *generation) adoptLift(b []byte) error {
	const numbers = 3 * 8
	if len(b) < numbers || len(b)%8 != 0 || len(b) > numbers+8*maxLongest {
		return domain.Errorf(domain.ErrCorrupt, "index file has %d bytes about lengths", len(b))
	}
	number := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])) }
	g.lift.square, g.lift.logs, g.lift.count = number(0), number(1), int(number(2))
	for _, id := range int64s(b[numbers:]) {
		slot, ok := g.rows.slot(id)
		if !ok {
			return domain.Errorf(domain.ErrCorrupt, "index file has no row for id %d, one of the longest", id)
		}
		g.longest[id] = squareOf(g.rows.at(slot)[:g.plan.Dims])
	}
	return nil
}
