package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Verify checks everything: the pages of the file, every chunk against its checksum,
// embeddings, keys and counters, and whether each index file has the vectors of the rows
// and lets searches reach them. With repair it repairs what can be repaired without losing a
// chunk: index files are made from the rows, and a damaged chunk is taken out of its
// database and kept apart. It may run beside other calls, which wait for nothing but the
// repairs.
func (s *Service) Verify(ctx context.Context, repair bool) (domain.Report, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Report{}, err
	}
	defer leave()
	if repair && s.live.WriteProtected() {
		return domain.Report{}, domain.Errorf(domain.ErrWriteProtected, "nothing can be repaired: the data file or its directory may not be written")
	}
	report, err := s.repo.Verify(ctx, repair, func(c domain.Commit) { s.live.Committed(domain.Batch{}, c) })
	if err != nil {
		return domain.Report{}, fmt.Errorf("verify: %w", err)
	}
	damaged := map[string]bool{}
	for _, f := range report.Findings {
		damaged[f.Database] = true
	}
	if repair {
		for id := range damaged {
			s.live.Reload(id) // its counters may have changed under it
		}
		s.names.Forget()
	}
	list, err := s.repo.List(ctx)
	if errors.Is(err, domain.ErrCorrupt) {
		return report, nil // as the report says
	}
	for i := 0; err == nil && i < len(list); i++ {
		if damaged[list[i].ID] && !repair {
			report.Notes = append(report.Notes, fmt.Sprintf("index of '%s': not compared, for its rows are damaged", list[i].ID))
			continue
		}
		err = s.check.Index(ctx, list[i], repair, &report)
	}
	if err != nil {
		return domain.Report{}, fmt.Errorf("verify: %w", err)
	}
	return report, nil
}
