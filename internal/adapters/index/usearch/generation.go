//go:build usearch && cgo

package usearch

// generation is a graph and the originals of the vectors in it. A compaction makes a new
// one and puts it in the place of the old. It is guarded by the lock of its index.
type generation struct {
	plan       *plan
	graph      *graph
	rows       *rows
	duplicates duplicates
	// unreached nodes stand in the graph, but no link leads to them however often they are
	// linked anew; every walk looks at them besides.
	unreached map[int64]struct{}
	// lift and longest are for inner products only.
	lift    lift
	longest longest
}

func newGeneration(p *plan, g *graph) *generation {
	return &generation{plan: p, graph: g, rows: newRows(p.graphDims()), duplicates: newDuplicates(), unreached: map[int64]struct{}{}, lift: newLift(p.kind), longest: longest{}}
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

// link makes the row of id known to searches.
func (g *generation) link(id int64, row []float32) error {
	if !g.plan.lifted() {
		return g.linkNode(id, row)
	}
	square := squareOf(row[:g.plan.Dims])
	g.lift.note(square)
	row[g.plan.Dims] = g.lift.raised(square)
	if aside, err := g.setAside(id, square); aside || err != nil {
		return err
	}
	return g.linkNode(id, row)
}

// linkNode makes the row of id known by its duplicate that is in the graph already, or by a
// node of its own.
func (g *generation) linkNode(id int64, row []float32) error {
	if g.duplicates.join(g.rows, id, row) {
		return nil
	}
	if err := g.graph.add(id, row); err != nil {
		g.duplicates.leave(id, row)
		g.forget(id, row)
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
	if _, aside := g.longest[id]; aside {
		g.forget(id, g.rows.at(slot))
		return nil
	}
	successor, alone := g.duplicates.leave(id, g.rows.at(slot))
	var err error
	switch {
	case alone:
		err = g.graph.remove(id)
	case successor != 0:
		err = g.graph.rename(id, successor)
	}
	if _, noteUnreached := g.unreached[id]; noteUnreached {
		delete(g.unreached, id)
		if successor != 0 {
			g.unreached[successor] = struct{}{}
		}
	}
	g.forget(id, g.rows.at(slot))
	return err
}

// forget drops the row of id, which is in the graph no more.
func (g *generation) forget(id int64, row []float32) {
	if g.plan.lifted() {
		g.lift.forget(squareOf(row[:g.plan.Dims]))
		delete(g.longest, id)
	}
	g.rows.drop(id)
}

// each calls f with node, which stands in the graph, and with its duplicates.
func (g *generation) each(node int64, f func(id int64)) {
	duplicates := g.duplicates.of(node)
	if duplicates == nil {
		f(node)
		return
	}
	for id := range duplicates.ids {
		f(id)
	}
}

// relink takes the node that stands for id out of the graph and puts it in again.
func (g *generation) relink(id int64) error {
	id = g.duplicates.node(id)
	slot, ok := g.rows.slot(id)
	if !ok {
		return nil
	}
	delete(g.unreached, id)
	return g.graph.relink(id, g.rows.at(slot))
}

// maxStrays bounds what every walk looks at besides.
const maxStrays = 512

// noteUnreached has every walk look at the node of id besides.
func (g *generation) noteUnreached(id int64) {
	if len(g.unreached) < maxStrays {
		g.unreached[g.duplicates.node(id)] = struct{}{}
	}
}

// wasteful reports whether the graph is worth making anew: because, beyond the first
// leastChanges, more than a third of it is removed entries, which take room and time, or
// because its vectors are longer or shorter than its lift was chosen for.
func (g *generation) wasteful() bool {
	return g.graph.dead > max(leastChanges, g.rows.live/2) || g.drifted()
}

// drifted reports whether the graph is large enough, and its lift wrong enough, for
// making it anew with another one.
func (g *generation) drifted() bool {
	return g.plan.lifted() && g.rows.live > leastChanges && g.lift.drifted()
}

// waste is how many entries of the graph are not as they should be.
func (g *generation) waste() int {
	if g.drifted() {
		return g.graph.dead + g.rows.live
	}
	return g.graph.dead
}

const leastChanges = 2000
