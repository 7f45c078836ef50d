package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain/filterlang"
)

// Count returns how many chunks of a database a filter selects; of all with nil.
func (s *Service) Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := s.query.CheckFilter(f); err != nil {
		return 0, err
	}
	if f == nil || f.IsAll() {
		info, err := s.live.FindLive(ctx, database)
		return info.Chunks, err
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return 0, err
	}
	sel, err := s.query.Select(ctx, info, f)
	if err != nil {
		return 0, fmt.Errorf("count in %q: %w", database, err)
	}
	return int64(sel.Len()), nil
}
