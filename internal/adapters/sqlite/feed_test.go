package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/feed"
)

// find returns the database called id.
func find(t *testing.T, s *sqlite.Store, id string) domain.Database {
	t.Helper()
	db, err := s.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// drain loads into database id of to what a feed of s has after at, in pages of a size, and
// returns where that ends.
func drain(t *testing.T, s, to *sqlite.Store, id string, at feed.Cursor, limit int) feed.Cursor {
	t.Helper()
	for {
		page, err := s.Feeds().ReadFeed(t.Context(), find(t, s, id), feed.Read{After: at, Limit: limit, Fields: domain.WholeChunk, Keep: time.Hour})
		if err != nil {
			t.Fatalf("ReadFeed = %v", err)
		}
		if n := len(page.Chunks); n > limit {
			t.Fatalf("a page of %d has %d chunks", limit, n)
		}
		load(t, to, id, page.Chunks, page.Deleted)
		if at = page.Next; !page.More {
			return at
		}
	}
}

func load(t *testing.T, s *sqlite.Store, id string, chunks []domain.Chunk, deleted []int64) {
	t.Helper()
	_, err := s.Write(t.Context(), domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks, Delete: deleted, Load: &domain.Load{}}, nil)
	if err != nil {
		t.Fatalf("load %d chunks without %v = %v", len(chunks), deleted, err)
	}
}

// step changes database id at random: new chunks, replaced, deleted, keys that move.
func step(t *testing.T, s *sqlite.Store, id string, rng *rand.Rand) {
	t.Helper()
	b := domain.Batch{Database: id, Create: &domain.Settings{}}
	var last int64
	for _, c := range all(t, s, id) {
		last = max(last, c.ID)
		if rng.IntN(6) == 0 {
			b.Delete = append(b.Delete, c.ID)
		}
	}
	for i := range rng.IntN(8) {
		c := domain.Chunk{Text: fmt.Sprint(rng.IntN(1000)), Embedding: []float32{rng.Float32(), float32(i)}}
		if k := rng.IntN(12); k < 9 {
			c.Key = fmt.Sprint("key ", k)
		}
		b.Put = append(b.Put, c)
	}
	seen := map[string]bool{}
	for i := range b.Put {
		if c := &b.Put[i]; seen[c.Key] {
			c.Key = ""
		}
		seen[b.Put[i].Key] = true
	}
	if _, err := s.Write(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
}

// same compares database id in two stores, but for what each counts for itself.
func same(t *testing.T, what string, want, got *sqlite.Store, id string) {
	t.Helper()
	if diff := cmp.Diff(all(t, want, id), all(t, got, id), cmpopts.IgnoreFields(domain.Chunk{}, "Sequence")); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
	if w, g := find(t, want, id).Chunks, find(t, got, id).Chunks; w != g {
		t.Fatalf("%s: %d chunks are counted; want %d", what, g, w)
	}
}

// A copy that is loaded with what a feed tells is what the database is, whatever the pages, and
// whenever the feed began.
func TestCopyByFeed(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(7, seed))
		s, to := open(t, "", nil), open(t, "", nil)
		put(t, s, "db", plain(5, 2)...)
		start, err := s.Feeds().OpenFeed(t.Context(), find(t, s, "db"), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		at := start
		for after := int64(0); ; { // a copy while it changes
			step(t, s, "db", rng)
			page, err := s.Chunks(t.Context(), find(t, s, "db"), domain.Selection{After: after, Limit: 3}, domain.WholeChunk)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].ID
			load(t, to, "db", page, nil)
			if after > 40 {
				break
			}
		}
		for range 10 {
			at = drain(t, s, to, "db", at, 1+rng.IntN(6))
			same(t, fmt.Sprintf("seed %d", seed), s, to, "db")
			step(t, s, "db", rng)
			step(t, s, "db", rng)
		}
		if problems, err := to.Verify(t.Context(), false, nil); err != nil || len(problems.Findings) > 0 {
			t.Fatalf("seed %d: Verify of the copy = %+v, %v", seed, problems, err)
		}
	}
}

// A feed tells of changes that leave the embedding as it is, which indexes need not know.
func TestFeedTellsOfMetadata(t *testing.T) {
	s := open(t, "", nil)
	put(t, s, "db", plain(2, 2)...)
	at, err := s.Feeds().OpenFeed(t.Context(), find(t, s, "db"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c := all(t, s, "db")[1]
	c.Metadata = domain.MetadataString("other")
	if _, err := s.Write(t.Context(), domain.Batch{Database: "db", Put: []domain.Chunk{c}, SameEmbedding: []bool{true}}, nil); err != nil {
		t.Fatal(err)
	}
	page, err := s.Feeds().ReadFeed(t.Context(), find(t, s, "db"), feed.Read{After: at, Limit: 10, Fields: domain.WholeChunk, Keep: time.Hour})
	if err != nil || len(page.Chunks) != 1 || page.Chunks[0].Metadata.Text != "other" || page.More {
		t.Errorf("ReadFeed = %+v, %v; want the chunk with other metadata", page, err)
	}
}

// clock is a time that a test sets.
func clock(o *sqlite.Options) (*sqlite.Options, *time.Time) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return now }
	return o, &now
}

// What is not kept any more is said to be so, and takes no room.
func TestFeedEnds(t *testing.T) {
	o, now := clock(&sqlite.Options{})
	path := filepath.Join(t.TempDir(), "a.db")
	s := open(t, path, o)
	put(t, s, "db", plain(2, 2)...)
	begin := func() feed.Cursor {
		t.Helper()
		at, err := s.Feeds().OpenFeed(t.Context(), find(t, s, "db"), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	read := func(at feed.Cursor) (feed.Page, error) {
		return s.Feeds().ReadFeed(t.Context(), find(t, s, "db"), feed.Read{After: at, Limit: 10, Keep: time.Hour})
	}
	first, second := begin(), begin()
	put(t, s, "db", plain(1, 2)...)
	*now = now.Add(40 * time.Minute)
	page, err := read(second)
	if err != nil || len(page.Chunks) != 1 {
		t.Fatalf("ReadFeed = %+v, %v", page, err)
	}
	*now = now.Add(40 * time.Minute) // the time of the first is over, that of the second is not
	put(t, s, "db", plain(1, 2)...)
	if _, err := read(page.Next); err != nil {
		t.Errorf("ReadFeed of the feed that goes on = %v", err)
	}
	_, err = read(first)
	wantKind(t, "ReadFeed of a feed whose time is over", err, domain.ErrStartOver)
	wantText(t, s, "SELECT count(*) FROM fed", "2") // the state it has read, and the last batch
	_, err = read(feed.Cursor{Feed: second.Feed, Incarnation: second.Incarnation, Sequence: 1})
	wantKind(t, "ReadFeed of a place that is forgotten", err, domain.ErrStartOver)
	closeStore(t, s)
	s = open(t, path, o)
	if page, err = read(page.Next); err != nil || len(page.Chunks) != 1 {
		t.Errorf("ReadFeed after a restart = %+v, %v", page, err)
	}
	*now = now.Add(2 * time.Hour)
	put(t, s, "db", plain(1, 2)...)
	wantText(t, s, "SELECT (SELECT count(*) FROM fed) || (SELECT count(*) FROM feeds)", "00")
	_, err = read(page.Next)
	wantKind(t, "ReadFeed after its time", err, domain.ErrStartOver)

	at := begin()
	if err := s.Feeds().CloseFeed(t.Context(), find(t, s, "db"), at); err != nil {
		t.Fatal(err)
	}
	_, err = read(at)
	wantKind(t, "ReadFeed of one that was closed", err, domain.ErrStartOver)
	at = begin()
	if err := s.Drop(t.Context(), "db", nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT (SELECT count(*) FROM fed) || (SELECT count(*) FROM feeds)", "00")
	put(t, s, "db", plain(1, 2)...)
	_, err = read(at)
	wantKind(t, "ReadFeed of an earlier life", err, domain.ErrStartOver)
}

// While a database is held it takes no write but what expiry needs, whatever the process does.
func TestHold(t *testing.T) {
	o, now := clock(&sqlite.Options{})
	path := filepath.Join(t.TempDir(), "a.db")
	s := open(t, path, o)
	put(t, s, "other", plain(1, 2)...)
	c := put(t, s, "db", append(plain(2, 2), domain.Chunk{Embedding: []float32{1, 2}, ExpiresAt: now.Add(time.Second)})...)
	hold := func(h feed.Hold) (feed.State, error) { return s.Feeds().Hold(t.Context(), find(t, s, "db"), h) }
	write := func() error {
		_, err := s.Write(t.Context(), domain.Batch{Database: "db", Put: plain(1, 2)}, nil)
		return err
	}
	wrong := c.Database.Sequence - 1
	_, err := hold(feed.Hold{For: time.Minute, IfSequence: &wrong})
	wantKind(t, "Hold of another state", err, domain.ErrConflict)
	_, err = hold(feed.Hold{For: time.Hour})
	wantKind(t, "Hold for an hour", err, domain.ErrInvalid)
	state, err := hold(feed.Hold{For: time.Minute, IfSequence: &c.Database.Sequence})
	if want := (feed.State{Sequence: 3, Chunks: 3, NextID: 4, Held: feed.Held{Until: now.Add(time.Minute)}}); err != nil || state != want {
		t.Fatalf("Hold = %+v, %v; want %+v", state, err, want)
	}
	wantKind(t, "Write while held", write(), domain.ErrUnavailable)
	_, err = s.Alter(t.Context(), find(t, s, "db"), func(*domain.Settings) error { return nil }, nil)
	wantKind(t, "Alter while held", err, domain.ErrUnavailable)
	put(t, s, "other", plain(1, 2)...)
	closeStore(t, s)
	s = open(t, path, o)
	wantKind(t, "Write while held, after a restart", write(), domain.ErrUnavailable)
	*now = now.Add(2 * time.Second)
	done, err := s.Write(t.Context(), domain.Batch{Database: "db", Delete: []int64{1, 3}, ExpiredOnly: true, At: *now}, nil)
	if err != nil || len(done.Deleted) != 1 {
		t.Errorf("sweep while held = %+v, %v; want chunk 3 to go", done, err)
	}
	*now = now.Add(time.Minute)
	if err := write(); err != nil {
		t.Errorf("Write after the time = %v", err)
	}
	if _, err := hold(feed.Hold{Moved: "http://there"}); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(1000 * time.Hour)
	wantKind(t, "Write after it has moved", write(), domain.ErrConflict)
	if state, err := s.Feeds().Held(t.Context(), find(t, s, "db")); err != nil || state.Moved != "http://there" {
		t.Errorf("Held = %+v, %v", state, err)
	}
	if _, err := hold(feed.Hold{}); err != nil {
		t.Fatal(err)
	}
	if err := write(); err != nil {
		t.Errorf("Write after it was let go = %v", err)
	}
}

// A load keeps ids, and what is in its way goes.
func TestLoad(t *testing.T) {
	s := open(t, "", nil)
	put(t, s, "db", domain.Chunk{Key: "a", Embedding: []float32{1, 2}}, domain.Chunk{Key: "b", Embedding: []float32{1, 2}}, domain.Chunk{Embedding: []float32{1, 2}})
	chunks := []domain.Chunk{{ID: 9, Key: "a", Embedding: []float32{3, 4}}, {ID: 2, Text: "two", Embedding: []float32{5, 6}}}
	c, err := s.Write(t.Context(), domain.Batch{Database: "db", Put: chunks, Delete: []int64{3}, Load: &domain.Load{NextID: 20}}, nil)
	if err != nil || !cmp.Equal(c.IDs, []int64{9, 2}) || !cmp.Equal(c.Deleted, []int64{3, 1}) || c.Database.Chunks != 2 {
		t.Fatalf("Write = %+v, %v", c, err)
	}
	want := []domain.Chunk{{ID: 2, Text: "two", Embedding: []float32{5, 6}}, {ID: 9, Key: "a", Embedding: []float32{3, 4}}}
	if diff := cmp.Diff(want, all(t, s, "db"), cmpopts.IgnoreFields(domain.Chunk{}, "Sequence")); diff != "" {
		t.Errorf("after the load (-want +got):\n%s", diff)
	}
	if c := put(t, s, "db", domain.Chunk{Key: "b", Embedding: []float32{1, 2}}); !cmp.Equal(c.IDs, []int64{20}) {
		t.Errorf("the next chunk has id %v; want 20", c.IDs)
	}
	_, err = s.Write(t.Context(), domain.Batch{Database: "db", Put: []domain.Chunk{{ID: 1 << 40, Embedding: []float32{1, 2}}}, Load: &domain.Load{}}, nil)
	wantKind(t, "load of a large id", err, domain.ErrTooLarge)
	if found, err := s.Verify(t.Context(), false, nil); err != nil || len(found.Findings) > 0 {
		t.Errorf("Verify = %+v, %v", found, err)
	}
}
