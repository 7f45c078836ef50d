// Package health keeps the list of what is wrong with a store at the moment.
package health

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Problems are what is wrong. The zero value has none; it is safe for concurrent use.
type Problems struct {
	mu   sync.Mutex // guards list
	list []domain.Problem
}

// Note remembers a problem; one that is known already keeps its time.
func (p *Problems) Note(kind error, database string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.find(kind, database) < 0 {
		p.list = append(p.list, domain.Problem{Kind: kind, Database: database, Since: now.UTC()})
	}
}

// Resolve forgets a problem.
func (p *Problems) Resolve(kind error, database string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.find(kind, database); i >= 0 {
		p.list = slices.Delete(p.list, i, i+1)
	}
}

// Has reports whether there is a problem of that kind with the whole store.
func (p *Problems) Has(kind error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(kind, "") >= 0
}

// List returns the problems, those with the whole store first.
func (p *Problems) List() []domain.Problem {
	p.mu.Lock()
	list := slices.Clone(p.list)
	p.mu.Unlock()
	slices.SortStableFunc(list, func(a, b domain.Problem) int { return cmp.Compare(a.Database, b.Database) })
	return list
}

// find returns the position of a problem, or -1; p.mu is held.
func (p *Problems) find(kind error, database string) int {
	return slices.IndexFunc(p.list, func(q domain.Problem) bool {
		return q.Kind == kind && q.Database == database //nolint:errorlint // a kind may wrap another
	})
}
