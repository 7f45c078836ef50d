package query

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/ports"
)

// keep drops what may not come back and has no copies that may, and what follows the first
// most others: no one looks at that, and each look costs two reads of scattered memory.
func (s *Searcher) keep(allow ports.IDSet, most int) {
	if s.G.Clock.Load() == 0 && allow == nil {
		return
	}
	copies := s.G.Hosts.Any()
	kept := s.Candidates.Entries[:0]
	for _, e := range s.Candidates.Entries {
		if len(kept) == most {
			break
		}
		if slot := walk.SlotOf(e); s.may(slot, allow) || copies && s.copyMay(slot, allow) {
			kept = append(kept, e)
		}
	}
	s.Candidates.Entries = kept
}

// may reports whether slot may come back: it was not removed before the search began,
// and is allowed.
func (s *Searcher) may(slot uint32, allow ports.IDSet) bool {
	return s.V.Visible(slot, s.since) && (allow == nil || allow.Contains(s.V.ID(slot)))
}

// copyMay reports whether a copy of host may come back.
func (s *Searcher) copyMay(host uint32, allow ports.IDSet) bool {
	c := s.G.Hosts.Of(host)
	if c == nil {
		return false
	}
	for _, list := range [...][]uint32{c.Equal(), c.Near()} {
		for _, slot := range list {
			s.Cover(slot)
			if s.may(slot, allow) {
				return true
			}
		}
	}
	return false
}
