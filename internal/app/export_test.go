package app

import "context"

// Rebuild rebuilds the projection of database id.
func (s *Service) Rebuild(ctx context.Context, id string) error {
	return s.with(ctx, id, func(db *database) error {
		if err := db.wait(ctx); err != nil {
			return err
		}
		return s.rebuild(ctx, db)
	})
}
