package app

// apply brings tail and graph up to a commit. Calls never overlap.
func (p *projection) apply(ch change) error {
	ids, vectors := ch.written()
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if len(ch.commit.Deleted) > 0 {
		if _, err := p.tail.Remove(ch.commit.Deleted); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		if err := p.tail.Add(ids, vectors); err != nil {
			return err
		}
	}
	ch.expiries(p.deadlines.set)
	p.applied = ch.commit.Database
	if g == nil {
		return nil
	}
	for _, id := range ids {
		p.queue = append(p.queue, arrival{id: id})
	}
	end := ch.commit.Database // by itself, so that it does not keep the vectors of ch
	p.queue = append(p.queue, arrival{end: &end})
	if err := p.leaveGraph(g, ch.commit.Deleted); err != nil {
		return err
	}
	return p.leaveGraph(g, ids)
}

// leaveGraph takes ids out of the graph, or puts them in limbo while that cannot be
// done; p.mu is held.
func (p *projection) leaveGraph(g *graph, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	p.left.Add(1) // before they leave or are in limbo, so that a search which misses them knows of it
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
		p.addLimbo(later)
		p.fresh += int64(len(later))
	}
	if len(now) == 0 || p.frozen {
		return nil
	}
	n, err := g.Remove(now)
	p.fresh += int64(n)
	return err
}

func (p *projection) addLimbo(ids map[int64]struct{}) {
	if len(ids) > 0 {
		p.limbo.Store(p.limbo.Load().with(ids))
	}
}
