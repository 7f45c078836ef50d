package build

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
)

// hostAmong returns the node among the first entries whose copy vec would be, or none. It
// looks beyond the nearest one only where the nearest is one: codes may take another one
// for that, and an equal one is the better host. What is left of vec is in b.rest.
func (b *Builder) hostAmong(entries []uint64, vec []float32) (host uint32, near bool) {
	const most = 4
	host = memory.None
	for _, e := range entries[:min(len(entries), most)] {
		slot := walk.SlotOf(e)
		if b.V.IsDeleted(slot) {
			continue
		}
		d := simd.L2(vec, b.G.Floats(b.V, slot))
		if d == 0 {
			return slot, false
		}
		if host == memory.None {
			if d > b.G.Resolution(vec, b.rest[:b.G.Dims]) {
				return memory.None, false
			}
			host, near = slot, true
		}
	}
	return host, near
}
