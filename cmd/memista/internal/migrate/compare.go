package migrate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/memista/memista/api"
)

// comparison is what was found by sampling.
type comparison struct {
	rows, differing int
	queries         int // by vector
	here, there     float64
	words           float64 // share of hits by words that are the same; below 0: none were asked
	exact           bool    // recall is that against an exact search, else against the source
	own             bool    // against one of its own for each of both, because they were written meanwhile
}

// String returns what is said of c.
func (c *comparison) String() string {
	text := fmt.Sprintf("%d of %d sampled rows differ", c.differing, c.rows)
	switch {
	case c.queries == 0:
	case c.exact:
		text += fmt.Sprintf("; recall@%d of %d sampled queries %.3f at the source, %.3f at the target", k, c.queries, c.here, c.there)
	default:
		text += fmt.Sprintf("; %.3f of the hits of %d sampled queries are those of the source", c.there, c.queries)
	}
	if c.words >= 0 {
		text += fmt.Sprintf("; %.3f of the hits by words are the same", c.words)
	}
	return text
}

// k is how many hits sampled queries have.
const k = 10

// compare compares rows and hits of the target with those of the source.
func (w *move) compare(ctx context.Context) error {
	if w.o.noVerify {
		return nil
	}
	sample, err := w.from.Sample(ctx, w.o.samples, &api.SampleOptions{Include: everything})
	if err != nil {
		return err
	}
	c := &comparison{rows: len(sample), words: -1}
	w.report.compared = c
	if !w.o.newIDs {
		if c.differing, err = w.differing(ctx, sample); err != nil {
			return err
		}
		if c.differing > 0 {
			return fmt.Errorf("%w: %d of %d sampled rows are not as at the source: nothing has moved", api.ErrConflict, c.differing, c.rows)
		}
	}
	before := w.at.Changes
	if err := w.compareVectors(ctx, c, sample); err != nil {
		return err
	}
	if w.worse(c) {
		if err := w.follow(ctx); err != nil {
			return err
		}
		// What was written meanwhile was found at the source, and not there yet.
		c.own = w.at.Changes > before
		if err := w.compareVectors(ctx, c, sample); err != nil {
			return err
		}
	}
	if err := w.compareWords(ctx, c, sample); err != nil {
		return err
	}
	if w.worse(c) {
		return fmt.Errorf("%w: recall of %d sampled queries is %.3f at the source and %.3f at the target: nothing has moved (--max-recall-drop says how much less is fine)", api.ErrConflict, c.queries, c.here, c.there)
	}
	return nil
}

// worse reports whether the target finds less than is fine.
func (w *move) worse(c *comparison) bool { return c.there < c.here-w.o.recallDrop }

// rounds is how often rows are compared again that were changed meanwhile.
const rounds = 3

// differing counts the chunks that are not the same at the target, also once it has what
// changed meanwhile.
func (w *move) differing(ctx context.Context, sample []api.Chunk) (int, error) {
	left := sample
	for round := 0; ; round++ {
		var differ []api.Chunk
		for _, c := range left {
			now, err := w.from.Get(ctx, c.ID)
			gone := errors.Is(err, api.ErrNotFound)
			if err != nil && !gone {
				return 0, err
			}
			got, err := w.there(ctx, c)
			if err != nil && !errors.Is(err, api.ErrNotFound) {
				return 0, err
			}
			if c.Key != "" { // whose id a cluster makes of the key
				got.ID = now.ID
			}
			if gone != errors.Is(err, api.ErrNotFound) || !gone && !sameChunk(now, got) {
				differ = append(differ, c)
			}
		}
		if len(differ) == 0 || round == rounds {
			return len(differ), nil
		}
		if err := w.follow(ctx); err != nil {
			return 0, err
		}
		left = differ
	}
}

// there returns a chunk of the source as the target has it.
func (w *move) there(ctx context.Context, c api.Chunk) (api.Chunk, error) {
	if c.Key != "" {
		return w.to.GetByKey(ctx, c.Key)
	}
	return w.to.Get(ctx, c.ID)
}

// sameChunk compares all that a chunk has.
func sameChunk(a, b api.Chunk) bool {
	return a.ID == b.ID && a.Key == b.Key && a.Text == b.Text && a.Metadata.Equal(b.Metadata) && a.ExpiresAt.Equal(b.ExpiresAt) &&
		slices.Equal(a.Embedding, b.Embedding) && (len(a.Sparse) == 0 && len(b.Sparse) == 0 || reflect.DeepEqual(a.Sparse, b.Sparse)) &&
		(len(a.Vectors) == 0 && len(b.Vectors) == 0 || reflect.DeepEqual(a.Vectors, b.Vectors))
}

// atOnce is how many queries are sent at once.
const atOnce = 50

// compareVectors asks for the neighbors of sampled chunks, without these.
func (w *move) compareVectors(ctx context.Context, c *comparison, sample []api.Chunk) error {
	var asked []api.Chunk
	for _, s := range sample {
		if len(s.Embedding) > 0 && slices.ContainsFunc(s.Embedding, func(x float32) bool { return x != 0 }) {
			asked = append(asked, s)
		}
	}
	c.exact, c.here, c.there = true, 0, 0
	for part := range slices.Chunk(asked, atOnce) {
		vectors := make([][]float32, len(part))
		for i := range part {
			vectors[i] = part[i].Embedding
		}
		ask := func(d *api.Database, exact bool) ([][]api.Hit, error) {
			return d.SearchMany(ctx, vectors, k+1, &api.SearchOptions{Exact: exact, Include: []api.Part{}})
		}
		source, err := ask(w.from, false)
		if err != nil {
			return err
		}
		truth, err := ask(w.from, true)
		if errors.Is(err, api.ErrUnsupported) {
			truth, c.exact, err = source, false, nil
		}
		if err != nil {
			return err
		}
		target, err := ask(w.to, false)
		if err != nil {
			return err
		}
		there := truth
		if c.own && c.exact {
			if there, err = ask(w.to, true); errors.Is(err, api.ErrUnsupported) {
				there, err = truth, nil
			}
			if err != nil {
				return err
			}
		}
		for i := range part {
			self := part[i]
			if w.o.newIDs {
				self.ID = 0
			}
			c.here += recall(truth[i], source[i], self)
			c.there += recall(there[i], target[i], self)
		}
	}
	if c.queries = len(asked); c.queries > 0 {
		c.here, c.there = c.here/float64(c.queries), c.there/float64(c.queries)
	}
	return nil
}

// recall is the share of the k nearest of truth that are as near as those of hits, without the
// chunk self.
func recall(truth, hits []api.Hit, self api.Chunk) float64 {
	truth, hits = without(truth, self), without(hits, self)
	if len(truth) == 0 {
		return 1
	}
	last := float64(truth[len(truth)-1].Distance)
	last += 1e-5 * max(1, last, -last) // what is as far is as good
	n := 0
	for _, h := range hits {
		if float64(h.Distance) <= last {
			n++
		}
	}
	return float64(min(n, len(truth))) / float64(len(truth))
}

func without(hits []api.Hit, self api.Chunk) []api.Hit {
	out := make([]api.Hit, 0, k)
	for _, h := range hits {
		if h.ID != self.ID && (self.Key == "" || h.Key != self.Key) && len(out) < k {
			out = append(out, h)
		}
	}
	return out
}

// wordQueries is how many queries by words are compared.
const wordQueries = 20

// compareWords asks for words of sampled texts.
func (w *move) compareWords(ctx context.Context, c *comparison, sample []api.Chunk) error {
	if w.info.FullText == "" || w.o.newIDs {
		return nil
	}
	same, all := 0, 0
	for _, s := range sample[:min(len(sample), wordQueries)] {
		words := strings.FieldsFunc(s.Text, func(r rune) bool { return r < 'A' || r > 'Z' && r < 'a' || r > 'z' && r < 128 })
		if len(words) == 0 {
			continue
		}
		o := api.SearchOptions{Text: strings.Join(words[:min(len(words), 3)], " "), Include: []api.Part{}}
		here, err := w.from.Search(ctx, nil, k, &o)
		if err != nil {
			return err
		}
		there, err := w.to.Search(ctx, nil, k, &o)
		if err != nil {
			return err
		}
		all += len(here)
		for _, h := range here {
			if slices.ContainsFunc(there, func(t api.Hit) bool { return t.ID == h.ID || h.Key != "" && t.Key == h.Key }) {
				same++
			}
		}
	}
	if all > 0 {
		c.words = float64(same) / float64(all)
	}
	return nil
}
