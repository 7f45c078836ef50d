package app

import (
	"os"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// IndexInfo describes the index of a database.
type IndexInfo struct {
	Open  bool             // it is in memory
	Plan  domain.Plan      // how an unfiltered search would be answered
	Tail  ports.IndexStats // vectors compared one by one; zero while not open
	Graph ports.IndexStats // vectors in the graph; zero while there is none
	// Searched is the last change that searches know of, Indexed the one up to which all
	// are in the graph, and Saved the one up to which its file has them; 0 where there is
	// no such thing in memory.
	Searched, Indexed, Saved int64
	IndexFile                int64 // bytes of the file of the graph; 0: there is none
}

// describeIndex describes the index of d, without opening it.
func (s *Service) describeIndex(d domain.Database) IndexInfo {
	info := IndexInfo{Plan: domain.PlanFlat}
	if s.engineOf(d.Engine) != nil && d.Chunks > int64(s.flatMax(max(d.Dims, 1))) {
		info.Plan = domain.PlanGraph
	}
	if at := s.snapshotsOf(d); at != nil {
		if f, err := os.Stat(at.path); err == nil {
			info.IndexFile = f.Size()
		}
	}
	db := s.lookup(d.ID)
	if db == nil {
		return info
	}
	if p := db.projection.Load(); p != nil {
		info.Open, info.Plan, info.Tail = true, domain.PlanFlat, p.flatIndex().Stats()
		info.Searched = db.info.Load().Sequence
		if g := p.graphIndex(); g != nil {
			info.Plan, info.Graph = domain.PlanGraph, g.Stats()
			info.Indexed, info.Saved = p.positions()
		}
	}
	return info
}
