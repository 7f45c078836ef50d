package indextest

import (
	"path/filepath"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var modelRules = []rule{
	{name: "random operations agree with a map searched by brute force", run: randomOperations},
}

// history is a run of random operations on an index and its model.
type history struct {
	*suite
	ix       ports.VectorIndex
	m        *model
	pool     [][]float32
	dir      string
	sequence int64
	recalls  float64
	asked    int
}

// randomOperations does ModelOps operations: one in three changes the index, one in
// 200 writes it to a file and reads it back, if it can.
func randomOperations(s *suite) {
	h := &history{suite: s, ix: s.open(smallDims), m: newModel(s.metric), dir: s.TempDir()}
	h.pool = Clustered(s.seed, 2000, smallDims)
	for i := range 50 {
		h.pool[i*3] = h.pool[0] // equal vectors must come up, too
	}
	for op := 0; op < s.cfg.ModelOps && !s.Failed(); op++ {
		switch r := s.rng.IntN(600); {
		case r < 110:
			h.addSome()
		case r < 195:
			h.removeSome()
		case r < 198 && s.cfg.Files:
			h.reopen()
		case r < 199:
			s.remove(h.ix, h.m, h.m.ids()...)
		default:
			h.askSomething()
		}
	}
	if h.asked > 0 {
		s.checkRecall("in the model test", h.recalls/float64(h.asked))
	}
}

func (h *history) vector() []float32 { return h.pool[h.rng.IntN(len(h.pool))] }

func (h *history) id() int64 { return int64(h.rng.IntN(700) + 1) }

func (h *history) addSome() {
	n := 1 + h.rng.IntN(4)
	if h.rng.IntN(8) == 0 {
		n = 100
	}
	var ids []int64
	var vs [][]float32
	for range n {
		if id := h.id(); !slices.Contains(ids, id) {
			ids, vs = append(ids, id), append(vs, h.vector())
		}
	}
	h.add(h.ix, h.m, ids, vs)
}

func (h *history) removeSome() {
	var ids []int64
	for range 1 + h.rng.IntN(12) {
		ids = append(ids, h.id())
	}
	h.remove(h.ix, h.m, ids...)
}

func (h *history) askSomething() {
	q := ports.Query{Vector: h.vector(), K: 1 + h.rng.IntN(20), Exact: h.rng.IntN(4) == 0}
	if h.rng.IntN(20) == 0 {
		q.K = 1000
	}
	if h.rng.IntN(3) == 0 {
		var ids []int64
		for range h.rng.IntN(1 << h.rng.IntN(10)) {
			ids = append(ids, h.id())
		}
		q.Allow = NewSet(ids...)
	}
	h.recalls += h.ask(h.ix, h.m, q)
	h.asked++
	if id := h.id(); h.ix.Contains(id) != (h.m.vectors[id] != nil) {
		h.Errorf("Contains(%d) = %v", id, h.ix.Contains(id))
	}
	if st := h.ix.Stats(); st.Len != len(h.m.vectors) {
		h.Errorf("Len = %d; want %d", st.Len, len(h.m.vectors))
	}
}

// reopen goes on with the index as its file tells it.
func (h *history) reopen() {
	h.sequence++
	path := filepath.Join(h.dir, "model.index")
	snap := ports.Snapshot{Incarnation: domain.Incarnation{7}, Sequence: h.sequence, Hash: domain.Hash{byte(h.sequence)}}
	h.save(h.ix, path, snap)
	h.close(h.ix)
	h.ix = h.openFile(path, smallDims, snap)
}
