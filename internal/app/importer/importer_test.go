package importer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/importer"
	"github.com/memista/memista/internal/domain"
)

// numbers is a source of n rows; row bad, if not 0, is an error.
type numbers struct {
	n, bad, at int64
	print      string
}

var errBad = errors.New("not a number")

func (s *numbers) Next(ctx context.Context) (domain.Chunk, int64, error) {
	if err := ctx.Err(); err != nil {
		return domain.Chunk{}, 0, err
	}
	if s.at == s.n {
		return domain.Chunk{}, 0, io.EOF
	}
	s.at++
	if s.at == s.bad {
		return domain.Chunk{}, 0, fmt.Errorf("row %d: %w", s.at, errBad)
	}
	return domain.Chunk{Text: fmt.Sprint(s.at), Embedding: []float32{float32(s.at)}}, s.at, nil
}

func (s *numbers) Skip(row int64) error { s.at = row; return nil }
func (s *numbers) Read() int64          { return s.at * 10 }
func (s *numbers) Size() int64          { return s.n * 10 }
func (s *numbers) Fingerprint() string  { return s.print }

// memory is a target that keeps chunks by key, as a database does.
type memory struct {
	ids     map[string]int64
	texts   map[int64]string
	keys    map[int64]string
	inserts int
	after   func(insert int) error // called after an insert was stored
	before  func(insert int) error
}

func newMemory() *memory {
	return &memory{ids: map[string]int64{}, texts: map[int64]string{}, keys: map[int64]string{}}
}

func (m *memory) Insert(_ context.Context, _ string, chunks []domain.Chunk) ([]int64, error) {
	m.inserts++
	if m.before != nil {
		if err := m.before(m.inserts); err != nil {
			return nil, err
		}
	}
	var out []int64
	here := map[string]bool{}
	for _, c := range chunks {
		if here[c.Key] {
			return nil, fmt.Errorf("the key %q twice in one insert", c.Key)
		}
		here[c.Key] = true
		id, ok := m.ids[c.Key]
		if !ok {
			id = int64(len(m.ids) + 1)
			m.ids[c.Key], m.keys[id] = id, c.Key
		}
		m.texts[id] = c.Text
		out = append(out, id)
	}
	if m.after != nil {
		return out, m.after(m.inserts)
	}
	return out, nil
}

func (m *memory) Key(_ context.Context, _ string, id int64) (string, error) { return m.keys[id], nil }

// checkRows compares what is stored with rows 1 to n, each once and in order.
func (m *memory) checkRows(t *testing.T, n int) {
	t.Helper()
	want := map[int64]string{}
	for i := 1; i <= n; i++ {
		want[int64(i)] = fmt.Sprint(i)
	}
	if diff := cmp.Diff(want, m.texts); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func options(t *testing.T) importer.Options {
	t.Helper()
	return importer.Options{Database: "d", Name: "f", Batch: 10, State: filepath.Join(t.TempDir(), "sub", "state.json")}
}

func TestAllRowsInBatches(t *testing.T) {
	m, o := newMemory(), options(t)
	var told []importer.Progress
	o.Progress = func(p importer.Progress) { told = append(told, p) }
	done, err := importer.Run(t.Context(), &numbers{n: 25}, m, o)
	if err != nil {
		t.Fatal(err)
	}
	m.checkRows(t, 25)
	want := []importer.Progress{
		{Rows: 10, Row: 10, Read: 100, Size: 250},
		{Rows: 20, Row: 20, Read: 200, Size: 250},
		{Rows: 25, Row: 25, Read: 250, Size: 250},
	}
	if diff := cmp.Diff(want, told); diff != "" || done != want[2] || m.inserts != 3 {
		t.Errorf("%d inserts, done %+v, progress (-want +got):\n%s", m.inserts, done, diff)
	}
	if _, err := os.Stat(o.State); !os.IsNotExist(err) {
		t.Errorf("the state is still there after the end: %v", err)
	}
	if m.ids["f:7"] != 7 {
		t.Errorf("keys are %v; want f:1 …", m.ids)
	}
}

func TestAnEmptySourceStoresNothing(t *testing.T) {
	m := newMemory()
	if done, err := importer.Run(t.Context(), &numbers{}, m, options(t)); err != nil || done.Rows != 0 || m.inserts != 0 {
		t.Errorf("Run = %+v, %v, %d inserts; want none", done, err, m.inserts)
	}
}

func TestABadRowLeavesWholeBatches(t *testing.T) {
	m := newMemory()
	done, err := importer.Run(t.Context(), &numbers{n: 40, bad: 27}, m, options(t))
	if !errors.Is(err, errBad) || !strings.HasPrefix(err.Error(), "row 27: ") || done.Row != 20 {
		t.Errorf("Run = %+v, %v; want the error of row 27 after row 20", done, err)
	}
	m.checkRows(t, 20)
}

func TestARefusedChunkNamesItsRow(t *testing.T) {
	m := newMemory()
	m.before = func(i int) error {
		if i < 2 {
			return nil
		}
		return domain.At(domain.Errorf(domain.ErrInvalid, "key is the same as that of chunks[0]"), "chunks[4]")
	}
	done, err := importer.Run(t.Context(), &numbers{n: 40}, m, options(t))
	if err == nil || !strings.HasPrefix(err.Error(), "row 15: ") || !errors.Is(err, domain.ErrInvalid) || done.Row != 10 {
		t.Errorf("Run = %+v, %v; want an error of row 15 after row 10", done, err)
	}
}

// errLost stands for a crash after the commit and before anybody was told.
var errLost = errors.New("connection lost")

func TestNoRowTwiceWhereverItStops(t *testing.T) {
	for stop := 1; stop <= 5; stop++ {
		for _, committed := range []bool{false, true} {
			m, o := newMemory(), options(t)
			crash := func(i int) error {
				if i == stop {
					return errLost
				}
				return nil
			}
			if committed {
				m.after = crash
			} else {
				m.before = crash
			}
			if _, err := importer.Run(t.Context(), &numbers{n: 45}, m, o); !errors.Is(err, errLost) {
				t.Fatalf("stop %d: %v; want the crash", stop, err)
			}
			m.before, m.after = nil, nil
			began := int64(-1)
			o.Began = func(after int64, why string) { began = after }
			if _, err := importer.Run(t.Context(), &numbers{n: 45}, m, o); err != nil {
				t.Fatalf("stop %d: %v", stop, err)
			}
			m.checkRows(t, 45)
			if want := int64(stop-1) * 10; began != want {
				t.Errorf("stop %d: went on after row %d; want %d", stop, began, want)
			}
		}
	}
}

func TestAStateIsNotTrusted(t *testing.T) {
	// interrupted returns a target and options of an import that stopped after row 20.
	interrupted := func(t *testing.T) (*memory, importer.Options) {
		t.Helper()
		m, o := newMemory(), options(t)
		m.before = func(i int) error {
			if i == 3 {
				return errLost
			}
			return nil
		}
		if _, err := importer.Run(t.Context(), &numbers{n: 45, print: "a"}, m, o); !errors.Is(err, errLost) {
			t.Fatal(err)
		}
		m.before = nil
		return m, o
	}
	again := func(t *testing.T, m *memory, o importer.Options, fingerprint, wantWhy string) {
		t.Helper()
		o.Began = func(after int64, why string) {
			if after != 0 || !strings.Contains(why, wantWhy) || wantWhy == "" && why != "" {
				t.Errorf("began after %d, %q; want 0, %q", after, why, wantWhy)
			}
		}
		if _, err := importer.Run(t.Context(), &numbers{n: 45, print: fingerprint}, m, o); err != nil {
			t.Fatal(err)
		}
		m.checkRows(t, 45)
	}
	t.Run("the file has changed", func(t *testing.T) {
		m, o := interrupted(t)
		again(t, m, o, "b", "file has changed")
	})
	t.Run("the database was dropped", func(t *testing.T) {
		_, o := interrupted(t)
		again(t, newMemory(), o, "a", "database has changed")
	})
	t.Run("the database was dropped and has other rows", func(t *testing.T) {
		_, o := interrupted(t)
		m := newMemory()
		if _, err := importer.Run(t.Context(), &numbers{n: 45}, m, importer.Options{Database: "d", Name: "f", Batch: 45}); err != nil {
			t.Fatal(err)
		}
		m.keys[20] = "other"
		again(t, m, o, "a", "database has changed")
	})
	t.Run("the note is damaged", func(t *testing.T) {
		m, o := interrupted(t)
		if err := os.WriteFile(o.State, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		again(t, m, o, "a", "damaged")
	})
	t.Run("restart is asked for", func(t *testing.T) {
		m, o := interrupted(t)
		o.Restart = true
		again(t, m, o, "a", "")
	})
}

func TestCancelKeepsWhatIsStored(t *testing.T) {
	m, o := newMemory(), options(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.after = func(i int) error {
		if i == 2 {
			cancel()
		}
		return nil
	}
	done, err := importer.Run(ctx, &numbers{n: 1000}, m, o)
	if !errors.Is(err, context.Canceled) || done.Row < 20 {
		t.Errorf("Run = %+v, %v; want canceled after row 20 or later", done, err)
	}
	m.checkRows(t, int(done.Row))
}

// withKeys is a source of rows that have the keys named, and their numbers as texts.
type withKeys struct {
	numbers
	keys []string
}

func (s *withKeys) Next(ctx context.Context) (domain.Chunk, int64, error) {
	c, row, err := s.numbers.Next(ctx)
	if err == nil {
		c.Key = s.keys[row-1]
	}
	return c, row, err
}

func TestTheLastRowOfAKeyWinsWhateverTheBatch(t *testing.T) {
	keys := strings.Split("a b a c c c d b e", " ")
	want := map[string]string{"a": "3", "b": "8", "c": "6", "d": "7", "e": "9"}
	for size := 1; size <= len(keys)+1; size++ {
		m, o := newMemory(), options(t)
		o.Batch = size
		done, err := importer.Run(t.Context(), &withKeys{numbers{n: int64(len(keys))}, keys}, m, o)
		if err != nil || done.Rows != 9 || done.Replaced != 4 || done.Row != 9 {
			t.Errorf("batches of %d: %+v, %v; want 9 rows, 4 of them replacing another", size, done, err)
		}
		got := map[string]string{}
		for key, id := range m.ids {
			got[key] = m.texts[id]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("batches of %d (-want +got):\n%s", size, diff)
		}
	}
}

// records is a source that finds its place by a cursor, the number of the last record plus
// moved.
type records struct {
	numbers
	moved int64
}

func (s *records) Cursor() string { return fmt.Sprint(s.at + s.moved) }

func (s *records) SkipTo(_ context.Context, row int64, cursor string) (bool, error) {
	if cursor != fmt.Sprint(row+s.moved) {
		return false, nil
	}
	s.at = row
	return true, nil
}

func TestASourceWithCursors(t *testing.T) {
	for _, c := range []struct {
		name  string
		moved int64 // when the import goes on
		began int64
		why   string
	}{
		{"goes on where the cursor says", 7, 20, ""},
		{"begins again where that is elsewhere", 8, 0, "the collection has changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := newMemory(), options(t)
			m.before = func(i int) error {
				if i == 3 {
					return errLost
				}
				return nil
			}
			if _, err := importer.Run(t.Context(), &records{numbers{n: 45}, 7}, m, o); !errors.Is(err, errLost) {
				t.Fatal(err)
			}
			m.before = nil
			o.Began = func(after int64, why string) {
				if after != c.began || !strings.HasPrefix(why, c.why) || c.why == "" && why != "" {
					t.Errorf("began after %d, %q; want %d, %q", after, why, c.began, c.why)
				}
			}
			if _, err := importer.Run(t.Context(), &records{numbers{n: 45}, c.moved}, m, o); err != nil {
				t.Fatal(err)
			}
			m.checkRows(t, 45)
		})
	}
}

// TestKeepPassesOverWhatIsDone is for imports of several sources.
func TestKeepPassesOverWhatIsDone(t *testing.T) {
	m, o := newMemory(), options(t)
	o.Keep = true
	for run, want := range []int{5, 5, 10} {
		if run == 2 {
			if err := importer.Forget(o.State); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := importer.Run(t.Context(), &numbers{n: 45}, m, o); err != nil || m.inserts != want {
			t.Errorf("run %d: %v, %d inserts; want %d", run, err, m.inserts, want)
		}
		m.checkRows(t, 45)
	}
}
