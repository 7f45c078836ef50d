package app

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Create makes the database id with the given settings and reports whether it is new.
// A database that exists with the same settings is returned as it is; with other
// settings, or an id that differs from an existing one in case only, it is ErrConflict.
func (s *Service) Create(ctx context.Context, id string, set domain.Settings) (domain.Database, bool, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Database{}, false, err
	}
	defer leave()
	if err := domain.CheckID(id); err != nil {
		return domain.Database{}, false, err
	}
	if err := s.chooseSettings(ctx, &set); err != nil {
		return domain.Database{}, false, err
	}
	db, created, err := s.repo.Create(ctx, id, set, nil)
	if err != nil {
		return domain.Database{}, false, fmt.Errorf("create %q: %w", id, err)
	}
	return db, created, nil
}

// chooseSettings refuses settings that this service cannot serve, and completes the others.
func (s *Service) chooseSettings(ctx context.Context, set *domain.Settings) error {
	if err := s.checkSettings(*set); err != nil {
		return err
	}
	return s.embed.Choose(ctx, set)
}

// completeSettings is chooseSettings for a database that is made with chunks.
func (s *Service) completeSettings(ctx context.Context, set *domain.Settings, chunks []domain.Chunk) error {
	if err := s.chooseSettings(ctx, set); err != nil || set.Embedder != (domain.Embedder{}) {
		return err
	}
	return s.embed.ChooseFor(ctx, set, chunks)
}

// Bounds of the settings of a database, whatever its engine.
const (
	minM              = 2
	maxM              = 256
	maxEfConstruction = 10_000
	maxMetadata       = 64 << 10 // of a database: it is read with every description of it
)

// checkSettings refuses settings that this service cannot serve.
func (s *Service) checkSettings(set domain.Settings) error {
	if err := CheckSettings(&set, s.limits); err != nil {
		return err
	}
	if set.FullText != "" {
		if err := ports.FullText(s.repo); err != nil {
			return err
		}
	}
	for v := range set.Vectors.All() {
		if v.Dims > s.limits.Dims {
			return domain.Errorf(domain.ErrInvalid, "dims of the vector %q must be between 1 and %d, got %d", v.Name, s.limits.Dims, v.Dims)
		}
		if err := s.live.Engines().CheckSettings(set.Using(v)); err != nil {
			return domain.At(err, "vectors "+v.Name)
		}
	}
	return s.checkGraphSettings(set)
}

// CheckSettings refuses settings that no database can have, whatever serves it.
func CheckSettings(set *domain.Settings, limits Limits) error {
	if set.Dims < 0 || set.Dims > limits.Dims {
		return domain.Errorf(domain.ErrInvalid, "dimensions must be between 1 and %d, got %d", limits.Dims, set.Dims)
	}
	if _, err := domain.ParseMetric(string(set.Metric)); err != nil {
		return err
	}
	if err := domain.CheckTTL(set.TTL); err != nil {
		return err
	}
	if err := checkTarget(*set); err != nil {
		return err
	}
	if _, err := domain.ParseTokenizer(string(set.FullText)); err != nil {
		return err
	}
	switch f := set.Metadata.Form; {
	case f != domain.NoMetadata && f != domain.ObjectMetadata:
		return domain.Errorf(domain.ErrInvalid, "metadata of a database must be a JSON object")
	case len(set.Metadata.Text) > maxMetadata:
		return domain.Errorf(domain.ErrTooLarge, "metadata of a database has %d bytes, at most %d are allowed", len(set.Metadata.Text), maxMetadata)
	}
	return nil
}

// checkTarget refuses a target recall that cannot be kept, or not beside the other settings.
func checkTarget(set domain.Settings) error {
	if set.TargetRecall != 0 && set.EfSearch != 0 {
		return domain.Errorf(domain.ErrInvalid, "ef_search and target_recall exclude each other: the target chooses the beam width")
	}
	return domain.CheckTargetRecall(set.TargetRecall)
}

// checkGraphSettings refuses settings of a graph that no engine of this build can serve.
func (s *Service) checkGraphSettings(set domain.Settings) error {
	for _, f := range []struct {
		name               string
		value, least, most int
	}{
		{"m", set.M, minM, maxM}, {"ef_construction", set.EfConstruction, 1, maxEfConstruction}, {"ef_search", set.EfSearch, 1, s.limits.Ef},
	} {
		if f.value != 0 && (f.value < f.least || f.value > f.most) {
			return domain.Errorf(domain.ErrInvalid, "%s must be between %d and %d, got %d", f.name, f.least, f.most, f.value)
		}
	}
	return s.live.Engines().CheckSettings(set)
}
