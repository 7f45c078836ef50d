package indexfile_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func header() indexfile.Header {
	return indexfile.Header{
		Engine: "hnsw", Kind: "f32", Metric: domain.Cosine, Dims: 3, Count: 7,
		Snapshot: ports.Snapshot{Incarnation: domain.Incarnation{1, 2, 3}, Sequence: 42, Hash: domain.Hash{9, 8}},
	}
}

func want() indexfile.Want {
	h := header()
	return indexfile.Want{Engine: h.Engine, Kind: h.Kind, Metric: h.Metric, Dims: h.Dims, Incarnation: h.Snapshot.Incarnation}
}

func write(t *testing.T, path string, sections ...[]byte) {
	t.Helper()
	w, err := indexfile.Create(path, header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i, s := range sections {
		if err := w.Add(string(rune('a'+i)), s[:len(s)/2], s[len(s)/2:]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	return got
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	parts := [][]byte{random(5), nil, random(64), random(3<<20 + 17), random(1 << 20)}
	write(t, path, parts...)
	write(t, path, parts...) // over the first one
	f, err := indexfile.Open(path, want())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(header(), f.Header()); diff != "" {
		t.Errorf("header differs (-want +got):\n%s", diff)
	}
	for i, p := range parts {
		s, ok := f.Section(string(rune('a' + i)))
		if !ok || !bytes.Equal(s, p) {
			t.Errorf("section %d: %d bytes, %v; want %d bytes as written", i, len(s), ok, len(p))
		}
		if len(s) > 0 && uintptr(unsafe.Pointer(&s[0]))%64 != 0 {
			t.Errorf("section %d is not aligned to 64 bytes", i)
		}
	}
	if s, ok := f.Section("z"); ok {
		t.Errorf("Section of an unknown name = %v", s)
	}
	if got := names(t, filepath.Dir(path)); !cmp.Equal(got, []string{"a.hnsw"}) {
		t.Errorf("directory holds %v; want the file alone", got)
	}
}

func TestWhatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	commit := func(missing []int64) {
		t.Helper()
		h := header()
		h.Snapshot.Missing = missing
		w, err := indexfile.Create(path, h)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		if err := errors.Join(w.Add("a", random(100)), w.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	for _, missing := range [][]int64{nil, {1}, {3, 4, 1 << 62}} {
		commit(missing)
		f, err := indexfile.Open(path, want())
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Header().Snapshot.Missing; !cmp.Equal(got, missing) {
			t.Errorf("Missing = %v; want %v", got, missing)
		}
		f.Close()
	}
	for _, missing := range [][]int64{{0}, {4, 4}, {5, 4}} { // which nobody writes
		commit(missing)
		if _, err := indexfile.Open(path, want()); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("Open with %v as what is missing: %v; want ErrCorrupt", missing, err)
		}
	}
}

func TestWritingToASectionLeavesTheFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	write(t, path, random(100000))
	before, _ := os.ReadFile(path)
	f, err := indexfile.Open(path, want())
	if err != nil {
		t.Fatal(err)
	}
	s, _ := f.Section("a")
	clear(s)
	if runtime.GOOS != "windows" { // a reader of the old file goes on while it is replaced
		write(t, path, random(100000))
	}
	if s[0] != 0 || s[99999] != 0 {
		t.Error("bytes written to a section are lost")
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Errorf("Close twice: %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("file changed by writing to its section in memory")
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.hnsw")
	write(t, path, random(1000))
	for name, c := range map[string]struct {
		change func(*indexfile.Want)
	}{
		"engine":      {func(w *indexfile.Want) { w.Engine = "usearch" }},
		"kind":        {func(w *indexfile.Want) { w.Kind = "i8" }},
		"metric":      {func(w *indexfile.Want) { w.Metric = domain.L2 }},
		"dims":        {func(w *indexfile.Want) { w.Dims++ }},
		"incarnation": {func(w *indexfile.Want) { w.Incarnation[15]++ }},
	} {
		t.Run("other "+name+" gives ErrStaleSnapshot", func(t *testing.T) {
			w := want()
			c.change(&w)
			if _, err := indexfile.Open(path, w); !errors.Is(err, domain.ErrStaleSnapshot) {
				t.Errorf("Open = %v; want ErrStaleSnapshot", err)
			}
		})
	}
	t.Run("any kind is fine if none is named", func(t *testing.T) {
		w := want()
		w.Kind = ""
		f, err := indexfile.Open(path, w)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	})
	t.Run("no file gives ErrNotFound", func(t *testing.T) {
		if _, err := indexfile.Open(path+"x", want()); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Open = %v; want ErrNotFound", err)
		}
	})
	for name, content := range map[string]string{"empty": "", "short": "usearch", "long": string(random(9999))} {
		t.Run("foreign file ("+name+") gives ErrForeignFile", func(t *testing.T) {
			p := filepath.Join(dir, name)
			os.WriteFile(p, []byte(content), 0o600)
			if _, err := indexfile.Open(p, want()); !errors.Is(err, domain.ErrForeignFile) {
				t.Errorf("Open = %v; want ErrForeignFile", err)
			}
		})
	}
	t.Run("a directory gives ErrForeignFile", func(t *testing.T) {
		if _, err := indexfile.Open(dir, want()); !errors.Is(err, domain.ErrForeignFile) {
			t.Errorf("Open = %v; want ErrForeignFile", err)
		}
	})
}

// TestEveryDamageIsFound flips a bit in every third byte of a file (so of the header, the
// sections and the gaps), and cuts and grows it.
func TestEveryDamageIsFound(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.hnsw")
	write(t, path, random(100), random(3000), random(1))
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.hnsw")
	try := func(what string, at int, content []byte) {
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := indexfile.Open(bad, want())
		if err == nil {
			f.Close()
		}
		if !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("%s at %d: Open = %v; want ErrCorrupt", what, at, err)
		}
		if err := indexfile.Remove(bad); err != nil {
			t.Errorf("%s at %d: Remove = %v; a damaged file of ours can go", what, at, err)
		}
	}
	for at := 0; at < len(good); at += 3 {
		b := bytes.Clone(good)
		b[at] ^= 1 << (at % 8)
		try("bit flipped", at, b)
	}
	for at := 16; at < len(good); at += 61 {
		try("cut", at, good[:at])
	}
	try("grown", len(good), append(bytes.Clone(good), make([]byte, 64)...))
	zeroed := bytes.Clone(good)
	clear(zeroed[4096:])
	try("sections zeroed", 4096, zeroed)
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.usearch")
	content := []byte("usearch: the only copy of these vectors")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := indexfile.Create(path, header()); !errors.Is(err, domain.ErrForeignFile) {
		t.Errorf("Create = %v; want ErrForeignFile", err)
	}
	if err := indexfile.Remove(path); !errors.Is(err, domain.ErrForeignFile) {
		t.Errorf("Remove = %v; want ErrForeignFile", err)
	}
	t.Run("one that appears while writing too", func(t *testing.T) {
		late := filepath.Join(filepath.Dir(path), "late.hnsw")
		w, err := indexfile.Create(late, header())
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile(late, content, 0o600)
		if err := w.Commit(); !errors.Is(err, domain.ErrForeignFile) {
			t.Errorf("Commit = %v; want ErrForeignFile", err)
		}
		if got, _ := os.ReadFile(late); !bytes.Equal(got, content) {
			t.Error("foreign file was overwritten")
		}
	})
	if got, _ := os.ReadFile(path); !bytes.Equal(got, content) {
		t.Error("foreign file was changed")
	}
	if got := names(t, filepath.Dir(path)); !cmp.Equal(got, []string{"a.usearch", "late.hnsw"}) {
		t.Errorf("directory holds %v; want the foreign files alone", got)
	}
}

// A drop removes the file while a database of the same name, which was just made, looks
// for one.
func TestAFileThatGoesAwayIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	remove := func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
	write(t, path, random(10))
	if _, err := indexfile.OpenAfter(path, want(), remove); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Open of a file that goes away = %v; want ErrNotFound", err)
	}
	write(t, path, random(10))
	if there, err := indexfile.ClaimAfter(path, remove); there || err != nil {
		t.Errorf("claim of a file that goes away = %t, %v; want that there is none", there, err)
	}
}

func TestLeftoversOfACrashGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	abandoned, err := indexfile.Create(path, header())
	if err != nil {
		t.Fatal(err)
	}
	defer abandoned.Abort()
	other := path + ".notes.tmp"
	os.WriteFile(other, []byte("mine"), 0o600)
	if runtime.GOOS != "windows" { // where an open file cannot be removed
		write(t, path, random(10))
		if got := names(t, filepath.Dir(path)); !cmp.Equal(got, []string{"a.hnsw", "a.hnsw.notes.tmp"}) {
			t.Errorf("directory holds %v; want the file and what is not ours", got)
		}
	}
	if err := indexfile.Remove(path); err != nil {
		t.Error(err)
	}
	if err := indexfile.Remove(path); err != nil {
		t.Errorf("Remove of no file = %v", err)
	}
}

// TestOthersUnderWayAreNoLeftovers has the name of one index begin like the other's.
func TestOthersUnderWayAreNoLeftovers(t *testing.T) {
	dir := t.TempDir()
	w, err := indexfile.Create(filepath.Join(dir, "a.hnsw.b.hnsw"), header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := indexfile.Remove(filepath.Join(dir, "a.hnsw")); err != nil {
		t.Error(err)
	}
	if err := w.Commit(); err != nil {
		t.Errorf("Commit after another index was removed = %v; want nil", err)
	}
}

// failing is a file whose disk is full after some bytes, or whose sync fails.
type failing struct {
	*os.File
	room     int
	syncFail error
}

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, io.ErrShortWrite
	}
	f.room -= len(p)
	return f.File.Write(p)
}

func (f *failing) Sync() error { return f.syncFail }

func TestFailedWritesLeaveNothing(t *testing.T) {
	fault := errors.New("input/output error")
	for name, f := range map[string]*failing{
		"no room for the header":   {room: 10},
		"no room for the sections": {room: 300000},
		"sync fails":               {room: 1 << 30, syncFail: fault},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.hnsw")
			write(t, path, []byte("old"))
			var err error
			if f.File, err = os.Create(path + ".1.tmp"); err != nil {
				t.Fatal(err)
			}
			w, err := indexfile.NewWriterTo(f, path, header())
			for i := 0; i < 20 && err == nil; i++ {
				err = w.Add(string(rune('a'+i)), random(1<<19))
			}
			if cerr := w.Commit(); cerr == nil {
				t.Error("Commit = nil; want the error")
			}
			if got := names(t, filepath.Dir(path)); !cmp.Equal(got, []string{"a.hnsw"}) {
				t.Errorf("directory holds %v; want the old file alone", got)
			}
			r, err := indexfile.Open(path, want())
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if s, _ := r.Section("a"); string(s) != "old" {
				t.Errorf("old file now holds %q", s)
			}
		})
	}
}

func TestWriterRefusesMisuse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.hnsw")
	w, err := indexfile.Create(path, header())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add("a", nil); err != nil {
		t.Error(err)
	}
	if err := w.Add("a", nil); err == nil {
		t.Error("a section begun twice passed")
	}
	if err := w.Commit(); err == nil {
		t.Error("Commit after an error passed")
	}
	if _, err := w.Section("b"); err == nil {
		t.Error("Section after Commit passed")
	}
	h := header()
	h.Engine = "a name that is far too long"
	if _, err := indexfile.Create(path, h); err == nil {
		t.Error("an engine's name of 27 bytes passed")
	}
	if got := names(t, filepath.Dir(path)); len(got) != 0 {
		t.Errorf("directory holds %v; want nothing", got)
	}
}

func TestGoldenFile(t *testing.T) {
	golden := filepath.Join("..", "..", "..", "..", "test", "golden", "container-v1.hnsw")
	sections := [][]byte{[]byte("first section"), random(200)}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		write(t, golden, sections...)
	}
	f, err := indexfile.Open(golden, want())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(header(), f.Header()); diff != "" {
		t.Errorf("header differs (-want +got):\n%s", diff)
	}
	for i, s := range sections {
		if got, _ := f.Section(string(rune('a' + i))); !bytes.Equal(got, s) {
			t.Errorf("section %d = %q; want %q", i, got, s)
		}
	}
	again := filepath.Join(t.TempDir(), "again.hnsw")
	write(t, again, sections...)
	was, _ := os.ReadFile(golden)
	if now, _ := os.ReadFile(again); !bytes.Equal(was, now) {
		t.Error("the same content is written differently now: raise the format's version")
	}
}

func FuzzOpen(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "test", "golden", "container-v1.hnsw"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:4096])
	f.Add(golden[:100])
	f.Fuzz(func(t *testing.T, content []byte) {
		content = indexfile.Reseal(content)
		path := filepath.Join(t.TempDir(), "f.hnsw")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Skip(err)
		}
		r, err := indexfile.Open(path, want())
		if err != nil {
			return
		}
		defer r.Close()
		for _, name := range r.Names() {
			s, ok := r.Section(name)
			if !ok || len(s) > len(content) {
				t.Errorf("section %q: %d bytes, %v", name, len(s), ok)
			}
		}
	})
}
