//go:build usearch && cgo

package usearch

// generation is a graph and the originals of the vectors in it. A compaction makes a new
// one and puts it in the place of the old. It is guarded by the lock of its index.
type generation struct {
	plan  *plan
	graph *graph
	rows  *rows
	twins twins
	// strays stand in the graph, but no link leads to them however often they are
	// linked anew; every walk looks at them besides.
	strays  map[int64]struct{}
	lift    lift
	clamped int // vectors added that were longer than the lift allows for
}

func newGeneration(p *plan, g *graph) *generation {
	return &generation{plan: p, graph: g, rows: newRows(p.graphDims()), twins: newTwins(), strays: map[int64]struct{}{}}
}

// put stores v under id, in the place of what was there.
func (g *generation) put(id int64, v []float32) error {
	if err := g.drop(id); err != nil {
		return err
	}
	row := g.rows.put(id)
	g.plan.prepare(row, v)
	return g.link(id, row)
}

// putRow is put for a row of another generation.
func (g *generation) putRow(id int64, row []float32) error {
	if err := g.drop(id); err != nil {
		return err
	}
	copy(g.rows.put(id), row)
	slot, _ := g.rows.slot(id)
	return g.link(id, g.rows.at(slot))
}

// link makes the row of id known to searches: by its twin that is in the graph already,
// or by a node of its own.
func (g *generation) link(id int64, row []float32) error {
	if g.plan.lifted() && g.lift.raise(row, g.plan.Dims) {
		g.clamped++
	}
	if g.twins.join(g.rows, id, row) {
		return nil
	}
	if err := g.graph.add(id, row); err != nil {
		g.twins.leave(id, row)
		g.rows.drop(id)
		return err
	}
	return nil
}

// drop takes id out, if it is in.
func (g *generation) drop(id int64) error {
	slot, ok := g.rows.slot(id)
	if !ok {
		return nil
	}
	heir, alone := g.twins.leave(id, g.rows.at(slot))
	var err error
	switch {
	case alone:
		err = g.graph.remove(id)
	case heir != 0:
		err = g.graph.rename(id, heir)
	}
	if _, stray := g.strays[id]; stray {
		delete(g.strays, id)
		if heir != 0 {
			g.strays[heir] = struct{}{}
		}
	}
	g.rows.drop(id)
	return err
}

// each calls f with node, which stands in the graph, and with its twins.
func (g *generation) each(node int64, f func(id int64)) {
	twins := g.twins.of(node)
	if twins == nil {
		f(node)
		return
	}
	for id := range twins.ids {
		f(id)
	}
}

// relink takes the node that stands for id out of the graph and puts it in again.
func (g *generation) relink(id int64) error {
	id = g.twins.node(id)
	slot, ok := g.rows.slot(id)
	if !ok {
		return nil
	}
	delete(g.strays, id)
	return g.graph.relink(id, g.rows.at(slot))
}

// maxStrays bounds what every walk looks at besides.
const maxStrays = 512

// stray has every walk look at the node of id besides.
func (g *generation) stray(id int64) {
	if len(g.strays) < maxStrays {
		g.strays[g.twins.node(id)] = struct{}{}
	}
}

// worn reports whether the graph is worth making anew: because, beyond the first
// leastChanges, more than a third of it is removed entries, which take room and time, or
// an eighth is longer than the lift allows for.
func (g *generation) worn() bool {
	live := g.rows.live
	return g.graph.dead > max(leastChanges, live/2) || g.clamped > max(leastChanges/4, live/8)
}

// wear is how many entries of the graph are not as they should be.
func (g *generation) wear() int { return g.graph.dead + g.clamped }

const leastChanges = 2000
