package reembed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	// page is how many texts are embedded and stored at once: enough for a provider to
	// answer several calls at a time, few enough that little is done again after a kill.
	page = 512
	// few chunks are embedded while no one writes, which takes as long as one call of a
	// provider.
	few = 16
	// mostRounds is how often what was written during a round is embedded by another one,
	// until few are left.
	mostRounds = 8
	// mostPause is how long writers wait for that.
	mostPause = 10 * time.Second
	// waitFor is the time until something is tried again that somebody else is at.
	waitFor = 50 * time.Millisecond
)

// work gives one database another embedder.
type work struct {
	r        *Runner
	db       domain.Database
	to       domain.Reembedding
	embedder ports.Embedder
	steps    *jobs.Progress
	done     int64 // chunks that had an embedding when it began
}

func (w *work) begin(ctx context.Context) (err error) {
	w.done, err = w.r.Repository.BeginReembedding(ctx, w.db, w.to)
	return err
}

// run makes an embedding of each text, then an index of them, and has both take the place
// of those in use.
func (w *work) run(ctx context.Context, steps *jobs.Progress) error {
	w.steps = steps
	for err := w.begin(ctx); err != nil; err = w.begin(ctx) {
		if !errors.Is(err, domain.ErrBusy) {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	w.count()
	// As many as there are: whoever writes as fast as texts are embedded must not keep it
	// from ending.
	for todo := w.db.Chunks + page; todo > 0; {
		n, err := w.round(ctx, nil)
		if err != nil {
			return err
		}
		if n <= few {
			break
		}
		todo -= int64(n)
	}
	return w.replace(ctx)
}

// total is how many steps there are.
func (w *work) total() int64 {
	want := w.db
	want.Settings = w.to.Apply(w.db.Settings)
	return w.db.Chunks + w.r.Live.StepsOf(want)
}

// count sets the steps to those that are done before an index is made.
func (w *work) count() {
	w.steps.Reset()
	w.steps.Total.Store(w.total())
	w.steps.Texts.Store(w.done)
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(waitFor):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// round makes embeddings of some chunks that have none, and returns of how many. It tells
// add, if not nil, which of them were kept.
func (w *work) round(ctx context.Context, add func([]domain.Chunk)) (int, error) {
	list, err := w.r.Repository.Unembedded(ctx, w.db, page)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	if err := w.embed(ctx, list); err != nil {
		return 0, err
	}
	err = w.r.Repository.PutEmbeddings(ctx, w.db, list, func(kept []int64) {
		w.steps.Texts.Add(int64(len(kept)))
		if add != nil {
			add(slices.DeleteFunc(list, func(c domain.Chunk) bool {
				_, is := slices.BinarySearch(kept, c.ID)
				return !is
			}))
		}
	})
	return len(list), err
}

// embed gives each chunk of list the embedding of its text.
func (w *work) embed(ctx context.Context, list []domain.Chunk) error {
	texts := make([]string, len(list))
	for i := range list {
		if texts[i] = list[i].Text; texts[i] == "" {
			return domain.Errorf(domain.ErrInvalid, "chunk %d has no text to make an embedding of: give it one, or delete it, and re-embed the database again, which then goes on", list[i].ID)
		}
	}
	made, err := w.embedder.Embed(ctx, texts, ports.PurposeDocument)
	if err != nil {
		if e, ok := errors.AsType[*domain.Error](err); ok {
			if at, ok := embedding.Place(e); ok && at < len(list) {
				return domain.Errorf(e.Kind, "the text of chunk %d: %s: change or delete it, and re-embed the database again, which then goes on", list[at].ID, e.Message)
			}
		}
		return err
	}
	for i := range list {
		if len(made[i]) != w.to.Dims {
			return &domain.EmbedderError{Kind: domain.ErrEmbedder, Ref: w.to.Embedder.EmbedderRef, Message: fmt.Sprintf("an embedding of %d dimensions in place of %d", len(made[i]), w.to.Dims)}
		}
		if err := w.to.Apply(w.db.Settings).Metric.CheckVector(made[i]); err != nil {
			return domain.At(err, fmt.Sprintf("chunk %d", list[i].ID))
		}
		list[i].Embedding = made[i]
	}
	return nil
}

// replace makes the index and exchanges what is in use. It is tried again while something
// else makes an index of the database, or when its settings were changed meanwhile.
func (w *work) replace(ctx context.Context) error {
	for {
		w.count()
		w.steps.Texts.Store(w.db.Chunks)
		err := w.r.Live.With(ctx, w.db.ID, func(db *live.Database) error { return w.replaceIn(ctx, db) })
		switch {
		case errors.Is(err, live.ErrLate):
			return domain.Errorf(domain.ErrBusy, "more is written to Database '%s' than can be embedded: re-embed it again when less is, which then goes on", w.db.ID)
		case !errors.Is(err, domain.ErrBusy) && !errors.Is(err, errSettings):
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

var errSettings = errors.New("settings were changed while an index was made for others")

// replaceIn is replace on one runtime of the database.
func (w *work) replaceIn(ctx context.Context, db *live.Database) error {
	if err := db.Wait(ctx); err != nil {
		return err
	}
	return w.r.Live.Replace(ctx, db, live.Replacement{
		Settings: w.to.Apply,
		Steps:    w.steps,
		Vectors: func(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
			return w.r.Repository.Embedded(ctx, w.db, after, limit)
		},
		CatchUp: w.catchUp,
		Swap: func(ctx context.Context, want domain.Settings, applied func(domain.Database)) error {
			_, err := w.r.Repository.SwapEmbeddings(ctx, w.db, func(set domain.Settings) error {
				if set.NeedsIndex(want) {
					return errSettings
				}
				return nil
			}, applied)
			return err
		},
	})
}

// catchUp makes the embeddings of what was written while the index was made: most of them,
// or last, while no one writes, all.
func (w *work) catchUp(ctx context.Context, add func([]domain.Chunk), last bool) error {
	if !last {
		for range mostRounds {
			if n, err := w.round(ctx, add); err != nil || n <= few {
				return err
			}
		}
		return nil
	}
	ending, cancel := context.WithTimeout(ctx, mostPause)
	defer cancel()
	for n := 1; n > 0; {
		var err error
		if n, err = w.round(ending, add); err != nil {
			if ending.Err() != nil && ctx.Err() == nil {
				return live.ErrLate
			}
			return err
		}
	}
	return nil
}
