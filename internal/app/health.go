package app

import (
	"fmt"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/ports"
)

// Capabilities is what this service can do, of what some backends cannot.
func (s *Service) Capabilities() capability.Set {
	set := capability.Of(capability.AtomicBatches, capability.CompareAndSet, capability.Exact, capability.Explain, capability.FreshIDs,
		capability.IndexJobs, capability.NamedVectors, capability.ReadYourWrites, capability.Recall, capability.Reembed, capability.Snapshots, capability.Sort, capability.Sparse, capability.Verify)
	if ports.FullText(s.repo) == nil {
		set = set.With(capability.FullText).With(capability.TextOperators)
	}
	return set
}

// Problems returns what is wrong with the data or the disk now. While there is a problem,
// what can be read is served.
func (s *Service) Problems() []domain.Problem {
	leave, err := s.live.Enter()
	if err != nil {
		return nil // closed: not a problem of the data
	}
	defer leave()
	return slices.Clone(s.repo.Problems())
}

// problemsOf returns the problems that concern one database.
func (s *Service) problemsOf(id string) []domain.Problem {
	var list []domain.Problem
	for _, p := range s.Problems() {
		if p.Database == id || p.Database == "" {
			list = append(list, p)
		}
	}
	return list
}

// Condition is something under way that may make the service slower than it is otherwise.
// Faults of the data or the disk are Problems.
type Condition struct {
	Reason string // one word or two, for programs
	Detail string // a sentence for people; it names no database
}

// The reasons of conditions.
const (
	ReasonRebuilding = "rebuilding"      // an index is being made from its rows
	ReasonWaiting    = "inserts_waiting" // inserts come faster than they are indexed
)

// Conditions returns what may make the service slow now, or ErrClosed once Close has
// begun.
func (s *Service) Conditions() ([]Condition, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	var list []Condition
	add := func(reason, format string, args ...any) {
		list = append(list, Condition{reason, fmt.Sprintf(format, args...)})
	}
	if n := s.live.Rebuilding(); n > 0 {
		add(ReasonRebuilding, "the indexes of %d databases are being made from their rows", n)
	}
	if n := s.live.WaitingInserts(); n > 0 {
		add(ReasonWaiting, "%d inserts wait for the indexer", n)
	}
	return list, nil
}
