package clustered

import (
	"context"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// leases are those on databases that this process has.
type leases struct{ cluster ports.Cluster }

func newLeases(c ports.Cluster) *leases { return &leases{c} }

func (l *leases) close() {}

// lease waits for the lease on a database, where leases are on and chunks that are there may be
// written. done gives it back.
func (s *Service) lease(context.Context, *catalog.Entry, bool) (done func(), err error) {
	return func() {}, nil
}

// insertUnless is insert for chunks whose keys must not exist, or that are passed over then.
func (s *Service) insertUnless(context.Context, *catalog.Entry, app.Insert) ([]int64, error) {
	return nil, refuseSet("on_conflict")
}

// Patch is refused without a lease.
func (s *Service) Patch(context.Context, string, app.Ref, app.Patch) (domain.Chunk, error) {
	return domain.Chunk{}, refuseSet("a patch")
}

// PatchWhere is refused without a lease.
func (s *Service) PatchWhere(context.Context, string, *filterlang.Filter, app.Patch) (int, error) {
	return 0, refuseSet("a patch")
}

// Change is refused without a lease.
func (s *Service) Change(context.Context, app.Change) (int, error) {
	return 0, refuseSet("a change of chunks that depends on what they are")
}
