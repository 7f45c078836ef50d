// Package check compares index files with the rows that they are of.
package check

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Checker compares index files with rows, and has those that differ built again.
type Checker struct {
	live *live.Registry
	repo ports.ChunkRepository
	now  func() time.Time
}

// New returns a Checker of the databases of r, whose rows are in repo. By now chunks expire.
func New(r *live.Registry, repo ports.ChunkRepository, now func() time.Time) *Checker {
	return &Checker{live: r, repo: repo, now: now}
}

// Index compares the index file of info with its rows.
func (c *Checker) Index(ctx context.Context, info domain.Database, repair bool, report *domain.Report) error {
	findings, note, err := c.compare(ctx, info)
	if errors.Is(err, domain.ErrNotFound) {
		return nil // dropped concurrently
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
		if err := c.rebuild(ctx, info); err != nil {
			return err
		}
		for i := range findings {
			findings[i].Repaired = "the index file was made anew"
		}
	}
	report.Findings = append(report.Findings, findings...)
	return nil
}

// compare reads the index file of info as opening the database would and returns
// how it differs from the rows. A file that would not be used is worth a note only: the
// index is made from the rows then, as it is without a file.
func (c *Checker) compare(ctx context.Context, info domain.Database) (findings []domain.Finding, note string, err error) {
	if info.Dims == 0 {
		return nil, "", nil // no embedding was ever stored, and there is no index without a dimension
	}
	p, err := c.live.ReadIndexFile(ctx, info)
	switch {
	case errors.Is(err, live.ErrNoIndexFile):
		return nil, "", nil
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, fmt.Sprintf("%v: it will be made from the rows when the database is opened", err), nil
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	state := p.Applied()
	cmp := comparison{Checker: c, p: p, info: state}
	if err := cmp.rows(ctx); err != nil {
		return nil, "", err
	}
	if err := cmp.reach(ctx); err != nil {
		return nil, "", err
	}
	now, err := c.repo.Find(ctx, info.ID)
	if err != nil {
		return nil, "", err
	}
	if !now.SameLife(state) || now.Sequence != state.Sequence {
		return nil, fmt.Sprintf("index of '%s': not compared, for it was written to meanwhile", info.ID), nil
	}
	return cmp.findings, "", nil
}

// comparison is of an index with the rows it was made of.
type comparison struct {
	*Checker
	p        *tiered.Index
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
		page, err := c.repo.Chunks(ctx, c.info, domain.Selection{After: after, Limit: live.LoadPage}, domain.FieldEmbedding)
		if err != nil {
			return err
		}
		for i := range page {
			if page[i].Expired(c.now()) {
				continue // the index has let it go, the sweeper not yet
			}
			if err := c.row(ctx, &page[i]); err != nil {
				return err
			}
		}
		rows += int64(len(page))
		if len(page) < live.LoadPage {
			break
		}
		after = page[len(page)-1].ID
	}
	have := int64(c.p.Buffer().Stats().Len + c.p.Graph().Stats().Len)
	if have > rows {
		c.found(0, "it has %d vectors and there are %d chunks", have, rows)
	}
	return nil
}

// row looks up one row. An index need not give its vectors back, but what it says of the
// distance from a vector to itself tells whether it has this one.
func (c *comparison) row(ctx context.Context, chunk *domain.Chunk) error {
	if !c.info.Searchable(chunk.Embedding) {
		if c.p.Graph().Contains(chunk.ID) || c.p.Buffer().Contains(chunk.ID) {
			c.found(chunk.ID, "the index has a vector, and it has no embedding that a search could find")
		}
		return nil
	}
	ix := c.p.Graph()
	if !ix.Contains(chunk.ID) {
		ix = c.p.Buffer()
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
	auditor, ok := c.p.Graph().(ports.Auditor)
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

// rebuild makes the index of info from its rows and writes its file.
func (c *Checker) rebuild(ctx context.Context, info domain.Database) error {
	if err := c.live.RejectIndexFile(ctx, info); err != nil {
		return err
	}
	return c.live.FinishIndex(ctx, info.ID, nil)
}
