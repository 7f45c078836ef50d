package tiered

import "slices"

// Apply brings buffer and graph up to a commit: vectors that are new or replaced are in the
// buffer, and what the graph has of those that are replaced or deleted becomes a tombstone
// while it is saved or moved. Calls never overlap.
func (p *Index) Apply(ch Change) error {
	ids, vectors := ch.Written()
	ids, vectors, without := p.split(ids, vectors, ch.Commit.Database.OptionalEmbeddings)
	gone := ch.Commit.Deleted
	if len(without) > 0 {
		gone = slices.Concat(gone, without)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if len(gone) > 0 {
		if _, err := p.buffer.Remove(gone); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		if err := p.buffer.Add(ids, vectors); err != nil {
			return err
		}
	}
	p.without.change(without, ids, ch.Commit.Deleted)
	ch.expiries(p.expiries.set)
	p.applied = ch.Commit.Database
	if g == nil {
		return nil
	}
	for _, id := range ids {
		p.queue = append(p.queue, pendingAdd{id: id})
	}
	p.unsaved += int64(len(without))
	end := ch.Commit.Database // by itself, so that it does not keep the vectors of ch
	p.queue = append(p.queue, pendingAdd{end: &end})
	if err := p.leaveGraph(g, gone); err != nil {
		return err
	}
	return p.leaveGraph(g, ids)
}

// leaveGraph takes ids out of the graph, or puts them among the tombstones while that cannot be
// done; p.mu is held.
func (p *Index) leaveGraph(g *graph, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	p.losses.Add(1) // before they leave or are among the tombstones, so that a search which misses them knows of it
	now := ids
	if p.frozen || len(p.moving) > 0 {
		now = make([]int64, 0, len(ids))
		later := map[int64]struct{}{}
		for _, id := range ids {
			if _, moves := p.moving[id]; moves || p.frozen && g.Contains(id) {
				later[id] = struct{}{}
			} else {
				now = append(now, id)
			}
		}
		p.addTombstones(later)
		p.unsaved += int64(len(later))
	}
	if len(now) == 0 || p.frozen {
		return nil
	}
	n, err := g.Remove(now)
	p.unsaved += int64(n)
	return err
}

func (p *Index) addTombstones(ids map[int64]struct{}) {
	if len(ids) > 0 {
		p.tombs.Store(p.tombs.Load().with(ids))
	}
}
