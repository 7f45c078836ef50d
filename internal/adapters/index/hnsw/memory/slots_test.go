package memory_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Tables of slots and of upper lists grow at different moments: a walk beside an insert can
// meet a node that its view has, with lists that it does not have. So this reads the upper
// list of each node by the view from before the node was made.
func TestUpperListsNewerThanAWalksView(t *testing.T) {
	const n = 20_000
	sh, err := memory.NewShape(ports.IndexSettings{Metric: domain.L2, Dims: 1, M: 2})
	if err != nil {
		t.Fatal(err)
	}
	var m memory.Slots
	m.Init(sh)
	newer := 0
	for range n {
		old := m.View()
		slot, level := m.Place()
		v := m.View()
		if level == 0 || slot >= old.Len() || len(old.Upper) == len(v.Upper) {
			continue
		}
		newer++
		memory.SetLinks(m.List(v, slot, level), []uint32{slot})
		if got := m.List(old, slot, level); len(got) != m.M || got[0] != slot {
			t.Errorf("List of slot %d on level %d by an older view = %d; want it to begin with %d", slot, level, got, slot)
		}
	}
	if newer == 0 {
		t.Errorf("no upper list of %d nodes was newer than a view with its slot", n)
	}
}
