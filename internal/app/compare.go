package app

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// reopen has the next call on database id read it anew.
func (s *Service) reopen(id string) {
	db := s.take(id)
	if db != nil {
		s.retire(db)
	}
}

// verifyIndex compares the index file of info with its rows.
func (s *Service) verifyIndex(ctx context.Context, info domain.Database, repair bool, report *domain.Report) error {
	findings, note, err := s.compareIndex(ctx, info)
	if errors.Is(err, domain.ErrNotFound) {
		return nil // dropped meanwhile
	}
	if errors.Is(err, domain.ErrCorrupt) {
		note, err = fmt.Sprintf("index of '%s': not compared, for its rows cannot be read", info.ID), nil
	}
	if err != nil {
		return err
	}
	if note != "" {
		report.Notes = append(report.Notes, note)
	}
	if len(findings) > 0 && repair {
		if err := s.remakeIndex(ctx, info); err != nil {
			return err
		}
		for i := range findings {
			findings[i].Mended = "the index file was made anew"
		}
	}
	report.Findings = append(report.Findings, findings...)
	return nil
}

// compareIndex reads the index file of info as opening the database would and returns
// how it differs from the rows. A file that would not be used is worth a note only: the
// index is made from the rows then, as it is without a file.
func (s *Service) compareIndex(ctx context.Context, info domain.Database) (findings []domain.Finding, note string, err error) {
	if info.Dims == 0 {
		return nil, "", nil // nothing was ever stored, and there is no index without a dimension
	}
	p, err := s.restore(ctx, info)
	switch {
	case errors.Is(err, errNoSnapshot):
		return nil, "", nil
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, fmt.Sprintf("%v: it will be made from the rows when the database is opened", err), nil
	}
	defer func() { err = errors.Join(err, p.close()) }()
	state := p.current()
	c := comparison{s: s, p: p, info: state}
	if err := c.rows(ctx); err != nil {
		return nil, "", err
	}
	if err := c.reach(ctx); err != nil {
		return nil, "", err
	}
	now, err := s.repo.Find(ctx, info.ID)
	if err != nil {
		return nil, "", err
	}
	if !now.SameLife(state) || now.Sequence != state.Sequence {
		return nil, fmt.Sprintf("index of '%s': not compared, for it was written to meanwhile", info.ID), nil
	}
	return c.findings, "", nil
}

// comparison is of a projection with the rows it stands for.
type comparison struct {
	s        *Service
	p        *projection
	info     domain.Database
	findings []domain.Finding
}

func (c *comparison) found(chunk int64, format string, args ...any) {
	c.findings = append(c.findings, domain.Finding{Kind: domain.BadIndex, Database: c.info.ID, Chunk: chunk, Detail: fmt.Sprintf(format, args...)})
}

// rows looks up every row in the index.
func (c *comparison) rows(ctx context.Context) error {
	var rows, after int64
	for {
		page, err := c.s.repo.Chunks(ctx, c.info, domain.Selection{After: after, Limit: loadPage}, domain.FieldEmbedding)
		if err != nil {
			return err
		}
		for i := range page {
			if page[i].Expired(c.s.now()) {
				continue // the index has let it go, the sweeper not yet
			}
			if err := c.row(ctx, &page[i]); err != nil {
				return err
			}
		}
		rows += int64(len(page))
		if len(page) < loadPage {
			break
		}
		after = page[len(page)-1].ID
	}
	have := int64(c.p.flatIndex().Stats().Len + c.p.graphIndex().Stats().Len)
	if have > rows {
		c.found(0, "it has %d vectors and there are %d chunks", have, rows)
	}
	return nil
}

// row looks up one row. An index need not give its vectors back, but what it says of the
// distance from a vector to itself tells whether it has this one.
func (c *comparison) row(ctx context.Context, chunk *domain.Chunk) error {
	ix := c.p.graphIndex()
	if !ix.Contains(chunk.ID) {
		ix = c.p.flatIndex()
	}
	near, _, err := ix.Search(ctx, ports.Query{Vector: chunk.Embedding, K: 1, Exact: true, Allow: oneID(chunk.ID)})
	if err != nil {
		return err
	}
	if len(near) == 0 {
		c.found(chunk.ID, "it is not in the index")
		return nil
	}
	want := c.info.Metric.Distance(chunk.Embedding, chunk.Embedding)
	if off := float64(near[0].Distance - want); off > tolerance(want) || -off > tolerance(want) {
		c.found(chunk.ID, "the index has another vector: its distance is %g, not %g", near[0].Distance, want)
	}
	return nil
}

// oneID is the set of one id.
type oneID int64

var _ ports.IDSet = oneID(0)

// Contains implements ports.IDSet.
func (o oneID) Contains(id int64) bool { return int64(o) == id }

// Len implements ports.IDSet.
func (o oneID) Len() int { return 1 }

// All implements ports.IDSet.
func (o oneID) All() iter.Seq[int64] {
	return func(yield func(int64) bool) { yield(int64(o)) }
}

// tolerance is by how much distances may differ that kernels sum up in another order.
func tolerance(distance float32) float64 { return 1e-3 * max(1, float64(distance), -float64(distance)) }

// reach looks for vectors that no search reaches.
func (c *comparison) reach(ctx context.Context) error {
	auditor, ok := c.p.graphIndex().(ports.Auditor)
	if !ok {
		return nil
	}
	lost, err := auditor.Audit(ctx)
	if err != nil {
		return err
	}
	for _, id := range lost {
		c.found(id, "no search over the graph reaches it")
	}
	return nil
}

// remakeIndex makes the index of info from its rows and writes its file.
func (s *Service) remakeIndex(ctx context.Context, info domain.Database) error {
	if err := s.rejectIndex(ctx, info); err != nil {
		return err
	}
	return s.finishIndex(ctx, info.ID, nil)
}

// rejectIndex removes the index file of info, and has the database opened anew, which may
// have the graph of that file in memory. A save of that graph that is under way ends
// before, and none begins afterwards, so it does not come back.
func (s *Service) rejectIndex(ctx context.Context, info domain.Database) error {
	unlock, err := s.graphs.Lock(ctx, info.ID)
	if err != nil {
		return err
	}
	defer unlock()
	at := s.snapshotsOf(info)
	if err := at.engine.Remove(at.path); err != nil {
		return err
	}
	s.reopen(info.ID)
	return nil
}
