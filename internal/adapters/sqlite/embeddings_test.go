package sqlite_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// cache opens a store that keeps embeddings of texts.
func cache(tb testing.TB, path string, bytes int64) (*sqlite.Store, ports.EmbeddingStore) {
	tb.Helper()
	s := open(tb, path, &sqlite.Options{EmbeddingCache: bytes})
	return s, s.EmbeddingStore()
}

func TestEmbeddingStore(t *testing.T) {
	stores, paths := map[ports.EmbeddingStore]*sqlite.Store{}, map[ports.EmbeddingStore]string{}
	at := func(tb testing.TB, path string, bytes int64) ports.EmbeddingStore {
		s, e := cache(tb, path, bytes)
		stores[e], paths[e] = s, path
		return e
	}
	repotest.RunEmbeddings(t, repotest.EmbeddingsConfig{
		Open: func(tb testing.TB, bytes int64) ports.EmbeddingStore {
			return at(tb, filepath.Join(tb.TempDir(), "memista.db"), bytes)
		},
		Reopen: func(tb testing.TB, e ports.EmbeddingStore, bytes int64) ports.EmbeddingStore {
			closeStore(tb, stores[e])
			return at(tb, paths[e], bytes)
		},
		Close: func(tb testing.TB, e ports.EmbeddingStore) { closeStore(tb, stores[e]) },
	})
}

// embedding returns a key and an embedding that are those of n.
func embedding(n, dims int) (ports.EmbeddingKey, []float32) {
	e := make([]float32, dims)
	for i := range e {
		e[i] = float32(n*dims+i) / 3
	}
	return ports.EmbeddingKey{byte(n), byte(n >> 8), byte(n * 7)}, e
}

func keep(tb testing.TB, e ports.EmbeddingStore, n, dims int) {
	tb.Helper()
	keys, es := make([]ports.EmbeddingKey, n), make([][]float32, n)
	for i := range n {
		keys[i], es[i] = embedding(i, dims)
	}
	if err := e.Put(ctx, keys, es); err != nil {
		tb.Fatalf("Put(%d embeddings) = %v; want nil", n, err)
	}
}

// kept returns how many of n embeddings are there.
func kept(tb testing.TB, e ports.EmbeddingStore, n int) (count int) {
	tb.Helper()
	keys := make([]ports.EmbeddingKey, n)
	for i := range keys {
		keys[i], _ = embedding(i, 1)
	}
	got, err := e.Get(ctx, keys)
	if err != nil {
		tb.Fatalf("Get(%d keys) = %v; want nil", n, err)
	}
	for _, v := range got {
		if v != nil {
			count++
		}
	}
	return count
}

func TestAnEmbeddingCacheIsThereWhereItIsAskedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	const tables = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'cached_%'"
	s, e := cache(t, path, 0)
	if e != nil {
		t.Errorf("EmbeddingStore() = %v; want none", e)
	}
	wantText(t, s, tables, "0")
	closeStore(t, s)
	s, e = cache(t, path, 1<<20)
	keep(t, e, 500, 100)
	closeStore(t, s)
	if _, err := sqlite.Open(ctx, path, &sqlite.Options{EmbeddingCache: 1 << 20, SecureDelete: true}); err == nil {
		t.Error("Open with secure delete succeeded")
	}

	s = open(t, path, nil) // a command that does not know of it leaves it
	put(t, s, "db", plain(3, 2)...)
	closeStore(t, s)
	s, e = cache(t, path, 1<<20)
	if n := kept(t, e, 500); n != 500 {
		t.Errorf("%d embeddings after a command; want 500", n)
	}
	closeStore(t, s)
	s = open(t, path, sqlite.Options{}.WithForget(time.Millisecond)) // turned off, it goes
	eventually(t, "the tables to be gone", func() bool {
		n, err := s.Text(tables)
		return err == nil && n == "0"
	})
	wantText(t, s, "PRAGMA integrity_check", "ok")
	if got := len(all(t, s, "db")); got != 3 {
		t.Errorf("%d chunks; want 3", got)
	}
	if memory := open(t, "", &sqlite.Options{EmbeddingCache: 1 << 20}); memory.EmbeddingStore() != nil {
		t.Error("a store in memory keeps embeddings beside the cache in memory")
	}
}

// TestTheEmbeddingCacheIsWrittenLate has embeddings found before anything is written, and
// written by themselves.
func TestTheEmbeddingCacheIsWrittenLate(t *testing.T) {
	s, e := cache(t, filepath.Join(t.TempDir(), "memista.db"), 1<<20)
	before := s.Stats().Commits
	keep(t, e, 100, 10)
	if now := s.Stats().Commits; now != before || kept(t, e, 100) != 100 {
		t.Errorf("%d commits after Put, %d embeddings; want none, and all 100", now-before, kept(t, e, 100))
	}
	eventually(t, "the cache to be there", func() bool {
		n, err := s.Text("SELECT count(*) FROM cached_embeddings")
		return err == nil && n == "100"
	})
	// A commit is counted after it can be read.
	eventually(t, "the commit to be counted", func() bool { return s.Stats().Commits > before })
	if now := s.Stats().Commits; now != before+1 {
		t.Errorf("%d commits for one Put; want 1", now-before)
	}
	if n := kept(t, e, 100); n != 100 {
		t.Errorf("%d embeddings after they were written; want 100", n)
	}
}

func TestTheLeastUsedEmbeddingsGoFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	now := time.Unix(1e9, 0)
	at := func() (*sqlite.Store, ports.EmbeddingStore) {
		s := open(t, path, &sqlite.Options{EmbeddingCache: 11_300, Now: func() time.Time { return now }}) // 20 of 100 components
		return s, s.EmbeddingStore()
	}
	s, e := at()
	keep(t, e, 20, 100)
	closeStore(t, s)
	now = now.Add(3 * time.Hour)
	s, e = at()
	if n := kept(t, e, 5); n != 5 { // those are used
		t.Fatalf("%d of 5 embeddings are there", n)
	}
	closeStore(t, s)
	s, e = at()
	for n := 20; n < 30; n++ {
		key, v := embedding(n, 100)
		if err := e.Put(ctx, []ports.EmbeddingKey{key}, [][]float32{v}); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	s, e = at()
	if used, others := kept(t, e, 5), kept(t, e, 30); used != 5 || others != 20 {
		t.Errorf("%d of the 5 that were used and %d of all are there; want 5 and 20", used, others)
	}
	wantText(t, s, "SELECT bytes = (SELECT sum(size) FROM cached_texts) AND bytes <= 11300 FROM cached_bytes", "1")
}

// TestTheOldestEmbeddingsOfOnePutGoFirst puts more at once than there is room for.
func TestTheOldestEmbeddingsOfOnePutGoFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s, e := cache(t, path, 11_300) // 20 of 100 components
	keep(t, e, 100, 100)
	keep(t, e, 5, 100) // once more, so they are the last ones
	closeStore(t, s)
	_, e = cache(t, path, 11_300)
	keys := make([]ports.EmbeddingKey, 100)
	for i := range keys {
		keys[i], _ = embedding(i, 1)
	}
	got, err := e.Get(ctx, keys)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if want := i < 5 || i >= 85; (v != nil) != want {
			t.Errorf("embedding %d of 100 is there: %v; want %v", i, v != nil, want)
		}
	}
}

// TestADamagedEmbeddingIsNotThere also damages the tables: chunks are none of their business.
func TestADamagedEmbeddingIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s, e := cache(t, path, 1<<20)
	keep(t, e, 10, 50)
	closeStore(t, s)
	script(t, path, "UPDATE cached_embeddings SET embedding = zeroblob(200) WHERE id = 3; DELETE FROM cached_embeddings WHERE id = 4")
	s, e = cache(t, path, 1<<20)
	if n := kept(t, e, 10); n != 8 {
		t.Errorf("%d embeddings are there; want 8 of 10", n)
	}
	keep(t, e, 10, 50)
	closeStore(t, s)
	s, e = cache(t, path, 1<<20)
	if n := kept(t, e, 10); n != 10 {
		t.Errorf("%d embeddings after they were put again; want 10", n)
	}
	closeStore(t, s)

	script(t, path, "DROP TABLE cached_embeddings; CREATE TABLE cached_embeddings (x)")
	s, e = cache(t, path, 1<<20)
	if _, err := e.Get(ctx, []ports.EmbeddingKey{{1}}); err == nil {
		t.Error("Get of tables that are none succeeded")
	}
	put(t, s, "db", plain(3, 2)...)
	if got := len(all(t, s, "db")); got != 3 {
		t.Errorf("%d chunks; want 3", got)
	}
	if p := s.Problems(); len(p) != 0 {
		t.Errorf("Problems() = %v; want none", p)
	}
}

// TestAnEmbeddingCacheThatCannotBeWritten tells of the failure with the next Put, and goes
// on without.
func TestAnEmbeddingCacheThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s, e := cache(t, path, 1<<20)
	if err := s.OnWriter("DROP TABLE cached_bytes"); err != nil {
		t.Fatal(err)
	}
	keep(t, e, 3, 10)
	var err error
	eventually(t, "the cache to be there", func() bool {
		err = e.Put(ctx, nil, nil)
		return err != nil
	})
	put(t, s, "db", domain.Chunk{Text: "x", Embedding: []float32{1}})
}

// TestTheFileOfAnEmbeddingCacheIsBounded measures what the bytes of the bound are in the
// file, over many generations.
func TestTheFileOfAnEmbeddingCacheIsBounded(t *testing.T) {
	for _, dims := range []int{384, 1536} {
		path := filepath.Join(t.TempDir(), strconv.Itoa(dims))
		const bound = 8 << 20
		s, e := cache(t, path, bound)
		for round := range 8 {
			keys, es := make([]ports.EmbeddingKey, 3000), make([][]float32, 3000)
			for i := range keys {
				keys[i], es[i] = embedding(round*3000+i, dims)
			}
			if err := e.Put(ctx, keys, es); err != nil {
				t.Fatal(err)
			}
		}
		closeStore(t, s)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d dims: %d KiB for a bound of %d", dims, info.Size()>>10, bound>>10)
		if info.Size() > bound+bound/4 {
			t.Errorf("%d dims: the file has %d bytes; want about %d", dims, info.Size(), bound)
		}
	}
}
