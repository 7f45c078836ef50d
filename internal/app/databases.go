package app

import (
	"context"
	"os"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// DatabaseInfo describes a database and the index that serves it.
type DatabaseInfo struct {
	domain.Database
	Open  bool             // it is in memory
	Plan  domain.Plan      // how an unfiltered search would be answered
	Tail  ports.IndexStats // vectors compared one by one; zero while not open
	Graph ports.IndexStats // vectors in the graph; zero while there is none
	// Problems is what is wrong with it, or with all databases, now.
	Problems []domain.Problem
	// Searched is the last change that searches know of, Indexed the one up to which all
	// are in the graph, and Saved the one up to which its file has them; 0 where there is
	// no such thing in memory.
	Searched, Indexed, Saved int64
	IndexFile                int64 // bytes of the file of the graph; 0: there is none
}

// Databases describes all databases in the order of their ids.
func (s *Service) Databases(ctx context.Context) ([]domain.Database, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return ports.ListLive(ctx, s.repo, s.now())
}

// Database describes database id, or returns ErrNotFound. It does not open it.
func (s *Service) Database(ctx context.Context, id string) (DatabaseInfo, error) {
	leave, err := s.enter()
	if err != nil {
		return DatabaseInfo{}, err
	}
	defer leave()
	d, err := s.findLive(ctx, id)
	if err != nil {
		return DatabaseInfo{}, err
	}
	info := DatabaseInfo{Database: d, Plan: domain.PlanFlat, Problems: s.problemsOf(id)}
	info.Engine = s.engineName(d.Engine)
	if s.engineOf(d.Engine) != nil && d.Chunks > int64(s.flatMax(max(d.Dims, 1))) {
		info.Plan = domain.PlanGraph
	}
	if at := s.snapshotsOf(d); at != nil {
		if f, err := os.Stat(at.path); err == nil {
			info.IndexFile = f.Size()
		}
	}
	s.mu.Lock()
	db := s.open[id]
	s.mu.Unlock()
	if db == nil {
		return info, nil
	}
	if p := db.projection.Load(); p != nil {
		info.Open, info.Plan, info.Tail = true, domain.PlanFlat, p.tail.Stats()
		info.Searched = db.info.Load().Sequence
		if g := p.graph.Load(); g != nil {
			info.Plan, info.Graph = domain.PlanGraph, g.Stats()
			p.mu.Lock()
			info.Indexed, info.Saved = p.indexed.Sequence, p.saved
			p.mu.Unlock()
		}
	}
	return info, nil
}
