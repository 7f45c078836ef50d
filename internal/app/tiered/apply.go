package tiered

import (
	"slices"

	"github.com/memista/memista/internal/domain"
)

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
	ids, vectors, stayed := p.withLost(ch, ids, vectors)
	p.changes.Add(int64(len(ids) + len(gone)))
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
	// What has stayed counts too, so that the file follows, and what is remembered of changes stays short.
	p.unsaved += int64(len(without) + stayed)
	end := ch.Commit.Database // by itself, so that it does not keep the vectors of ch
	p.queue = append(p.queue, pendingAdd{end: &end})
	if err := p.leaveGraph(g, gone); err != nil {
		return err
	}
	return p.leaveGraph(g, ids)
}

// withLost adds to ids and vectors, which ch has written, those of ch that were to stay as they
// are but are not in p any more, because they had expired; others have stayed. p.mu is held.
func (p *Index) withLost(ch Change, ids []int64, vectors [][]float32) (_ []int64, _ [][]float32, stayed int) {
	set := domain.Settings{Metric: p.set.Metric, OptionalEmbeddings: ch.Commit.Database.OptionalEmbeddings}
	var have map[int64]struct{} // ids, made when it is first needed
	for i, kept := range ch.kept {
		id := ch.Commit.IDs[i]
		if !kept || ch.Commit.Written != nil && !ch.Commit.Written[i] {
			continue
		}
		if !set.Searchable(ch.vectors[i]) || p.holds(id) {
			stayed++
			continue
		}
		if have == nil {
			have = setOf(ids)
		}
		if _, there := have[id]; there {
			stayed++
			continue
		}
		have[id] = struct{}{}
		ids, vectors = append(ids, id), append(vectors, ch.vectors[i])
	}
	return ids, vectors, stayed
}

func setOf(ids []int64) map[int64]struct{} {
	set := make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return set
}

// holds reports whether a search could find id; p.mu is held.
func (p *Index) holds(id int64) bool {
	if p.buffer.Contains(id) {
		return true
	}
	g, tombs := p.graph.Load(), p.tombs.Load()
	return g != nil && g.Contains(id) && (tombs == nil || !tombs.has(id))
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
