//go:build unix

package faults_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const damageDims = 12

// scene is a data file with the index files that can be found beside it.
type scene struct {
	rows  []byte
	live  map[int64]int64 // chunk id to the number of its content
	right []byte          // the index file that belongs there
	other map[string][]byte
	names []string // of other, sorted
}

// stage makes a scene: database d, whose index file has an older generation, one of an
// earlier life, and that of another database with the same settings.
func stage(t *testing.T) scene {
	t.Helper()
	st := &station{t: t, dir: t.TempDir()}
	file := filepath.Join(st.dir, "d.hnsw")
	sc := scene{live: map[int64]int64{}, other: map[string][]byte{}}
	keep := func(name, path string) {
		st.close()
		sc.other[name] = readFile(t, path)
		st.open()
	}
	st.open()
	st.insert("d", damageDims, 1000, 1240)
	st.touch("d")
	keep("of an earlier life", file)
	if _, err := st.svc.Drop(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	st.insert("e", damageDims, 0, 220)
	st.touch("e")
	for i, id := range st.insert("d", damageDims, 0, 200) {
		sc.live[id] = int64(i)
	}
	st.touch("d")
	keep("of another database", filepath.Join(st.dir, "e.hnsw"))
	sc.other["of an older generation"] = readFile(t, file)
	st.touch("d")
	for i, id := range st.insert("d", damageDims, 200, 240) {
		sc.live[id] = int64(200 + i)
	}
	for id := int64(3); id < 33; id++ {
		if _, err := st.svc.Delete(t.Context(), "d", []int64{id}); err != nil {
			t.Fatal(err)
		}
		delete(sc.live, id)
	}
	st.touch("d")
	st.close()
	sc.changeRows(t, filepath.Join(st.dir, "memista.db"))
	sc.right, sc.rows = readFile(t, file), readFile(t, filepath.Join(st.dir, "memista.db"))
	if err := st.reports(); err != nil {
		t.Fatal(err)
	}
	for name := range sc.other {
		sc.names = append(sc.names, name)
	}
	slices.Sort(sc.names)
	return sc
}

// changeRows changes rows as a server does that is killed before it saves its index: what
// it did is to be replayed.
func (sc scene) changeRows(t *testing.T, path string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b domain.Batch
	b.Database = "d"
	for n := int64(240); n < 270; n++ {
		c := content("d", damageDims, n)
		chunk := domain.Chunk{Text: c.Text, Embedding: c.Embedding}
		if n < 250 {
			chunk.ID = n - 100 // in the place of an old one
		}
		b.Put = append(b.Put, chunk)
	}
	for id := int64(40); id < 50; id++ {
		b.Delete = append(b.Delete, id)
		delete(sc.live, id)
	}
	c, err := store.Write(t.Context(), b, nil)
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	for i, id := range c.IDs {
		sc.live[id] = int64(240 + i)
	}
}

// touch opens a database and waits for its graph.
func (st *station) touch(database string) {
	st.t.Helper()
	if _, err := st.svc.Search(st.t.Context(), app.Search{Database: database, Queries: []app.Query{{Embedding: make([]float32, damageDims), K: 1}}}); err != nil {
		st.t.Fatal(err)
	}
	st.indexed(database)
}

// harm returns the name of a damage and the file it leaves; nil is none.
func (sc scene) harm(rng *rand.Rand) (string, []byte) {
	b := slices.Clone(sc.right)
	at, n := rng.IntN(len(b)), 1+rng.IntN(4096)
	end := min(at+n, len(b))
	switch kind := rng.IntN(12); kind {
	case 0:
		return "cut", b[:at]
	case 1:
		return "cut at a page", b[:at&^4095]
	case 2, 3:
		b[at] ^= 1 << rng.IntN(8)
		return "flipped", b
	case 4:
		for range 1 + rng.IntN(20) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		return "littered", b
	case 5:
		clear(b[at:end])
		return "zeroed", b
	case 6: // header only, where most of the meaning is
		b[rng.IntN(160)] ^= 1 << rng.IntN(8)
		return "flipped in its head", b
	case 7:
		copy(b[at:end], sc.right[rng.IntN(len(b)):])
		return "shuffled", b
	case 8:
		return "appended to", append(b, bytes.Repeat([]byte{byte(rng.Uint32())}, n)...)
	case 9:
		return "doubled", append(b, b...)
	case 10:
		return "missing", nil
	default:
		name := sc.names[rng.IntN(len(sc.names))]
		return name, slices.Clone(sc.other[name])
	}
}

// TestDamagedIndexFiles puts damaged index files in the place of the right one. Whatever
// they hold, answers are those of the rows, and the right file is made again.
func TestDamagedIndexFiles(t *testing.T) {
	n := rounds(t, 150, 10_000)
	rng := seeded(t)
	sc := stage(t)
	oracle := sc.oracle()
	kinds := map[string]int{}
	failures, restored := 0, 0
	var recall float64
	whole := 0.0
	for round := range n {
		name, damaged := sc.harm(rng)
		if round == 0 {
			name, damaged = "unharmed", sc.right
		}
		kinds[name]++
		ok := t.Run(name, func(t *testing.T) {
			st := &station{t: t, dir: t.TempDir()}
			r := sc.play(st, damaged, oracle, rng)
			recall += r
			if round == 0 {
				whole = r
			}
			if err := st.reports(); err == nil && damaged != nil {
				restored++
			} else if err != nil && name == "unharmed" {
				t.Errorf("the unharmed file was not used: %v", err)
			}
		})
		if !ok {
			failures++
		}
		if failures == 20 {
			t.Fatal("and more")
		}
	}
	if mean := recall / float64(n); mean < whole-0.01 {
		t.Errorf("mean recall %.4f; want that of the unharmed file, %.4f", mean, whole)
	}
	t.Logf("damages: %v; %d were good, and replayed", kinds, restored)
	result(t, n, "damaged index files", failures)
}

// question is a query with its answer by brute force.
type question struct {
	q    []float32
	near []int64 // all ids, nearest first
}

func (sc scene) oracle() []question {
	questions := make([]question, 12)
	for i := range questions {
		q := content("question", damageDims, int64(i)).Embedding
		var all []domain.Neighbor
		for id, n := range sc.live {
			all = append(all, domain.Neighbor{ID: id, Distance: domain.InnerProduct.Distance(q, content("d", damageDims, n).Embedding)})
		}
		slices.SortFunc(all, domain.Neighbor.Compare)
		questions[i].q = q
		for _, nb := range all {
			questions[i].near = append(questions[i].near, nb.ID)
		}
	}
	return questions
}

// play opens the scene with an index file in place and returns the recall of its answers.
func (sc scene) play(st *station, file []byte, oracle []question, rng *rand.Rand) float64 {
	t := st.t
	t.Helper()
	path := filepath.Join(st.dir, "d.hnsw")
	writeFile(t, filepath.Join(st.dir, "memista.db"), sc.rows)
	if file != nil {
		writeFile(t, path, file)
	}
	st.open()
	all := oracle[rng.IntN(len(oracle))] // of all chunks, exactly, while the graph may still be made
	sc.search(st, all, app.Query{Embedding: all.q, K: len(sc.live) + 5, Exact: true})
	st.indexed("d")
	found := 0
	for _, o := range oracle {
		sc.search(st, o, app.Query{Embedding: o.q, K: 10, Exact: true})
		for _, id := range sc.search(st, o, app.Query{Embedding: o.q, K: 10}) {
			if slices.Contains(o.near[:10], id) {
				found++
			}
		}
	}
	st.close()
	sc.checkFile(t, path, file)
	st.open()
	st.verified()
	st.close()
	return float64(found) / float64(10*len(oracle))
}

// search asks and checks every hit; with Exact also that they are the right ones.
func (sc scene) search(st *station, o question, q app.Query) []int64 {
	t := st.t
	t.Helper()
	got, err := st.svc.Search(t.Context(), app.Search{Database: "d", Queries: []app.Query{q}, Fields: domain.DefaultFields})
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, h := range got.Hits[0] {
		n, live := sc.live[h.ID]
		want := content("d", damageDims, n)
		if !live || h.Text != want.Text {
			t.Errorf("hit %d (%.20q) is not one of the rows", h.ID, h.Text)
		}
		if d := distance("ip", o.q, want.Embedding); !near(h.Distance, d) {
			t.Errorf("hit %d has distance %v; want %v", h.ID, h.Distance, d)
		}
		if slices.Contains(ids, h.ID) {
			t.Errorf("hit %d comes twice", h.ID)
		}
		ids = append(ids, h.ID)
	}
	if want := min(q.K, len(sc.live)); len(ids) != want {
		t.Errorf("%d hits; want %d", len(ids), want)
	} else if q.Exact && !slices.Equal(ids, o.near[:want]) {
		t.Errorf("exact search = %v; want %v", ids, o.near[:want])
	}
	return ids
}

// checkFile checks that a good index file is there again, or that one which bears no
// mark of ours was left alone.
func (sc scene) checkFile(t *testing.T, path string, was []byte) {
	t.Helper()
	ix, _, err := hnsw.Engine{}.Open(path, ports.IndexSettings{Metric: domain.InnerProduct, Dims: damageDims}, sc.life(t))
	if err == nil {
		if got := ix.Stats().Len; got != len(sc.live) {
			t.Errorf("the new index file has %d vectors; want %d", got, len(sc.live))
		}
		if err := ix.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	if bearsMark(was) {
		t.Errorf("the index file was not made again: %v", err)
	} else if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, was) {
		t.Errorf("a file that is not ours was changed (%v)", err)
	}
}

// life returns the incarnation in the right file.
func (sc scene) life(t *testing.T) (life domain.Incarnation) {
	t.Helper()
	copy(life[:], sc.right[32:])
	return life
}

const indexMark = "\x89memista-index\r\n"

// bearsMark reports whether an index file can be known as ours.
func bearsMark(b []byte) bool {
	const page = 4096
	return bytes.HasPrefix(b, []byte(indexMark)) || len(b) >= page && string(b[page-len(indexMark):page]) == indexMark
}
