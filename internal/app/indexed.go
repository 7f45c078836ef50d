package app

import (
	"context"
)

// WaitIndexed returns when the graph of database id has every vector that was stored
// before the call, at once where the database is so small that it has none. Searches find
// all of them before that, too: what the graph lacks is compared one by one. report, if not
// nil, is called now and then with how many vectors of how many the graph has.
func (s *Service) WaitIndexed(ctx context.Context, id string, report func(done, total int64)) error {
	return s.indexed(ctx, id, report, s.live.WaitIndexed)
}

// FinishIndex is WaitIndexed, and saves the graph.
func (s *Service) FinishIndex(ctx context.Context, id string, report func(done, total int64)) error {
	return s.indexed(ctx, id, report, s.live.FinishIndex)
}

// indexed waits for the index of the database that name stands for.
func (s *Service) indexed(ctx context.Context, name string, report func(done, total int64), wait func(context.Context, string, func(done, total int64)) error) error {
	leave, err := s.live.Enter()
	if err != nil {
		return err
	}
	defer leave()
	_, err = through(ctx, s, name, func(id string) (struct{}, error) { return struct{}{}, wait(ctx, id, report) })
	return err
}
