package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/adapters/sqlite/check"
	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Verifier = (*Store)(nil)

// Verify checks the whole store; see ports.Verifier. The log cannot start over while it
// runs.
func (s *Store) Verify(ctx context.Context, repair bool, applied func(domain.Commit)) (domain.Report, error) {
	if err := s.calls.Enter(); err != nil {
		return domain.Report{}, err
	}
	report, issues, err := s.inspect(ctx)
	s.calls.Leave()
	if err != nil {
		return domain.Report{}, conn.Classify(err)
	}
	if repair {
		if err := s.repair(ctx, issues, applied); err != nil {
			return domain.Report{}, err
		}
	}
	for _, f := range issues {
		report.Findings = append(report.Findings, f.Finding)
	}
	s.resolve(report)
	return report, nil
}

// inspect looks at everything in one read transaction on a connection of its own.
func (s *Store) inspect(ctx context.Context) (report domain.Report, issues []check.Issue, err error) {
	raw, err := conn.OpenDriver(s.file.URI(conn.Reading))
	if err != nil {
		return report, nil, err
	}
	c := conn.New(raw)
	if err = s.file.Configure(c, conn.Reading); err == nil {
		err = s.pool.Using(c, func(c *conn.Conn) error {
			if err := c.Script("BEGIN"); err != nil {
				return err
			}
			report, issues, err = check.Inspect(ctx, c)
			return err
		})
	}
	_ = c.Close() // ends the transaction; its error is that of a statement that met a bad page
	return report, issues, err
}

// repair does what it can about issues: counters first, because the others count on from
// them. Other requests may have written since the issues were found, so each is looked at
// again in the transaction that repairs it.
func (s *Store) repair(ctx context.Context, issues []check.Issue, applied func(domain.Commit)) error {
	for _, counters := range []bool{true, false} {
		for i := range issues {
			f := &issues[i]
			if f.Repair == nil || (f.Kind == domain.BadCounter) != counters {
				continue
			}
			if err := s.repairOne(ctx, f, applied); err != nil {
				f.Repaired = ""
				if errors.Is(err, domain.ErrCorrupt) {
					continue // pages in the way cannot be repaired, other issues can
				}
				return fmt.Errorf("repair %v: %w", f.Finding, err)
			}
		}
	}
	return nil
}

// repairOne repairs an issue in a request of its own.
func (s *Store) repairOne(ctx context.Context, f *check.Issue, applied func(domain.Commit)) error {
	t := check.Repair{Now: s.options.Now(), Delete: s.deleteOne}
	return s.writer.Do(ctx, &commit.Request{
		Run: func(c *conn.Conn) (err error) {
			t.Conn = c
			f.Repaired, err = f.Repair(&t)
			return err
		},
		After: func() {
			if t.Orphans {
				s.dropped.purge.Want()
				s.Embeddings.Purge.Want()
			}
			if t.Commit != nil && applied != nil {
				applied(*t.Commit)
			}
		},
	})
}

// deleteOne deletes a chunk in the transaction that is open on c.
func (s *Store) deleteOne(c *conn.Conn, database string, id int64) (domain.Commit, error) {
	w := batchWriter{s: s, c: c, b: &domain.Batch{Database: database, Delete: []int64{id}}}
	return w.write()
}

// resolve forgets that databases are damaged in which nothing is left to repair.
func (s *Store) resolve(r domain.Report) {
	left := map[string]bool{}
	for _, f := range r.Findings {
		left[f.Database] = left[f.Database] || f.Repaired == ""
	}
	for _, p := range s.Problems() {
		if !left[""] && !left[p.Database] && errors.Is(p.Kind, domain.ErrCorrupt) {
			s.health.Resolve(domain.ErrCorrupt, p.Database)
		}
	}
}
