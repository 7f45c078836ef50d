package change

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
)

// page is chunks that are changed in one batch.
type page struct {
	c    *Changer
	in   *Change
	life *domain.Database // that the chunks are of; nil: whichever there is
	refs []domain.Ref

	made     made
	sequence int64 // after the batch
}

var (
	// errMoved says that a chunk was changed or removed between reading and writing it.
	errMoved = errors.New("chunks have changed meanwhile")
	// errUnembedded says that texts need embeddings which are not made yet.
	errUnembedded = errors.New("texts have no embeddings yet")
	// errTooMany says that the chunks are larger together than an answer may be.
	errTooMany = domain.Errorf(domain.ErrTooLarge, "the chunks to change are larger together than an answer may be: change fewer at once")
)

// patience is how often a page is tried beside other writers. Then they wait: whoever has
// made the page begin again has got on, but some page might never.
const patience = 4

// run changes the chunks of p and returns how many.
func (p *page) run(ctx context.Context) (int, error) {
	for try := 1; ; {
		n, err := p.turn(ctx, try > patience)
		switch {
		case errors.Is(err, errUnembedded):
			// Outside a turn, so that nobody waits for an embedder.
			if err := p.made.embed(ctx, p); err != nil {
				return 0, err
			}
		case errors.Is(err, errMoved):
			try++
		default:
			return n, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// turn tries once, after others that change the same chunks, or with alone while nobody else
// writes.
func (p *page) turn(ctx context.Context, alone bool) (int, error) {
	if alone {
		defer p.c.Live.PauseWrites(p.in.Database)()
	} else if p.life == nil {
		release, err := p.c.turns.Hold(ctx, name{p.in.Database, p.refs[0]})
		if err != nil {
			return 0, err
		}
		defer release()
	}
	info, err := p.find(ctx)
	if err != nil {
		return 0, err
	}
	b := batch{p: p, info: info, at: p.c.Now()}
	old, err := p.read(ctx, &b)
	if err == nil {
		err = b.ask(ctx, old)
	}
	if err == nil && len(b.items) > 0 {
		err = b.complete(ctx)
	}
	if err != nil || len(b.items) == 0 {
		return 0, err
	}
	if p.sequence, err = b.write(ctx, alone); err != nil {
		return 0, err
	}
	return len(b.items), nil
}

// find describes the database; where it does not exist and is to be made, by what it is to be
// made with.
func (p *page) find(ctx context.Context) (domain.Database, error) {
	info, err := p.c.Live.Find(ctx, p.in.Database)
	if errors.Is(err, domain.ErrNotFound) && p.in.creates() {
		set := *p.in.Create
		if set.Metric == "" {
			set.Metric = domain.DefaultMetric
		}
		return domain.Database{ID: p.in.Database, Settings: set}, nil
	}
	if err == nil {
		err = info.CheckNumber(p.in.Number)
	}
	if err == nil && p.life != nil && !info.SameLife(*p.life) {
		err = domain.DatabaseNotFound(info.ID)
	}
	return info, err
}

// read returns the chunks of p, in their order, nil for those that do not exist. All are as
// they were at the state of b, else it is errMoved: what is read in two steps would be of two
// moments otherwise, and no one sequence could tell whether both are still so.
func (p *page) read(ctx context.Context, b *batch) ([]*domain.Chunk, error) {
	old := make([]*domain.Chunk, len(p.refs))
	if b.creates() {
		return old, nil
	}
	var ids []int64
	var keys []string
	for _, r := range p.refs {
		if r.ID != 0 {
			ids = append(ids, r.ID)
		} else {
			keys = append(keys, r.Key)
		}
	}
	rows, err := p.rows(ctx, b, domain.Selection{IDs: ids}, len(ids), nil)
	if err == nil {
		rows, err = p.rows(ctx, b, domain.Selection{Keys: keys}, len(keys), rows)
	}
	if err != nil {
		return nil, err
	}
	return old, p.arrange(old, rows, b.info.Sequence)
}

// rows appends to list what sel selects, if it names any chunks.
func (p *page) rows(ctx context.Context, b *batch, sel domain.Selection, named int, list []domain.Chunk) ([]domain.Chunk, error) {
	if named == 0 {
		return list, nil
	}
	sel.At = b.at
	if len(p.refs) > 1 { // one is as large as it was let in
		sel.MaxBytes = p.c.Limits.Answer
	}
	rows, err := p.c.Repository.Chunks(ctx, b.info, sel, domain.WholeChunk)
	switch {
	case errors.Is(err, domain.ErrTooLarge):
		return nil, errTooMany
	case errors.Is(err, domain.ErrNotFound):
		return nil, errMoved // the life of the database has ended
	}
	return append(list, rows...), err
}

// arrange puts rows, none of which was written after seen, where p names them.
func (p *page) arrange(old []*domain.Chunk, rows []domain.Chunk, seen int64) error {
	byID, byKey := make(map[int64]*domain.Chunk, len(rows)), make(map[string]*domain.Chunk, len(rows))
	for i := range rows {
		if rows[i].Sequence > seen {
			return errMoved
		}
		byID[rows[i].ID] = &rows[i]
		if key := rows[i].Key; key != "" {
			byKey[key] = &rows[i]
		}
	}
	taken := make(map[int64]int, len(rows))
	for i, r := range p.refs {
		c := byKey[r.Key]
		if r.ID != 0 {
			c = byID[r.ID]
		}
		if c == nil {
			continue
		}
		if j, twice := taken[c.ID]; twice {
			return p.in.at(domain.Errorf(domain.ErrInvalid, "%v is the chunk of %s", r, place(j)), i)
		}
		old[i], taken[c.ID] = c, i
	}
	return nil
}

// moved tells an error of a write that somebody else's has caused.
func moved(err error) bool {
	return errors.Is(err, domain.ErrConflict) || errors.Is(err, domain.ErrNotFound) || errors.Is(err, live.ErrGone)
}
