package app

import "fmt"

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
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	var list []Condition
	add := func(reason, format string, args ...any) {
		list = append(list, Condition{reason, fmt.Sprintf(format, args...)})
	}
	if n := s.rebuilding(); n > 0 {
		add(ReasonRebuilding, "the indexes of %d databases are being made from their rows", n)
	}
	if n := s.waitingInserts(); n > 0 {
		add(ReasonWaiting, "%d inserts wait for the indexer", n)
	}
	return list, nil
}
