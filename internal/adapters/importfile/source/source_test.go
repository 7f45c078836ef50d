package source_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/importfile/source"
	"github.com/memista/memista/internal/domain"
)

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// floats returns v as little-endian float32.
func floats(v ...float32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func ints(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// npy returns a .npy file of version 1 with the given head and content.
func npy(head string, content []byte) []byte {
	h := head + "\n"
	return join([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(h))), []byte(h), content)
}

type read struct {
	Row   int64
	Chunk domain.Chunk
}

// all reads to the end, or to the first error.
func all(t *testing.T, s *source.Source) ([]read, error) {
	t.Helper()
	var out []read
	for {
		ch, row, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, read{row, ch})
	}
}

func TestFormats(t *testing.T) {
	f8 := binary.LittleEndian.AppendUint64(nil, math.Float64bits(1.5))
	f8 = binary.LittleEndian.AppendUint64(f8, math.Float64bits(-2))
	vectors := []read{
		{1, domain.Chunk{Embedding: []float32{1, 2}}},
		{2, domain.Chunk{Embedding: []float32{3, -4}}},
	}
	object, err := domain.MetadataObject([]byte(`{"a":[1]}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		content []byte
		want    []read
	}{
		{"a.jsonl", []byte("{\"embedding\":[1,2],\"text\":\"x\",\"metadata\":\"m\",\"key\":\"k\"}\r\n\n{\"embedding\":[3,-4],\"metadata\":{ \"a\": [1]}}"), []read{
			{1, domain.Chunk{Key: "k", Text: "x", Metadata: domain.MetadataString("m"), Embedding: []float32{1, 2}}},
			{3, domain.Chunk{Metadata: object, Embedding: []float32{3, -4}}},
		}},
		{"b.ndjson", []byte(`{"embedding":[1],"text":"` + strings.Repeat("long ", 1<<17) + `","metadata":null}` + "\n"), []read{
			{1, domain.Chunk{Text: strings.Repeat("long ", 1<<17), Embedding: []float32{1}}},
		}},
		{"c.fbin", join(ints(2, 2), floats(1, 2, 3, -4)), vectors},
		{"d.fvecs", join(ints(2), floats(1, 2), ints(2), floats(3, -4)), vectors},
		{"e.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", floats(1, 2, 3, -4)), vectors},
		{"f.NPY", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}", f8), []read{{1, domain.Chunk{Embedding: []float32{1.5, -2}}}}},
		{"empty.jsonl", nil, nil},
		{"empty.fbin", ints(0, 3), nil},
		{"empty.fvecs", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := source.Open(write(t, tt.name, tt.content), "")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			got, err := all(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if s.Read() != s.Size() || s.Size() != int64(len(tt.content)) {
				t.Errorf("Read() = %d, Size() = %d; want %d", s.Read(), s.Size(), len(tt.content))
			}
		})
	}
}

func TestTextBesideVectors(t *testing.T) {
	vectors := write(t, "v.fvecs", join(ints(1), floats(1), ints(1), floats(2), ints(1), floats(3)))
	open := func(t *testing.T, texts string) *source.Source {
		t.Helper()
		s, err := source.Open(vectors, write(t, "t.txt", []byte(texts)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	t.Run("one line each, the last with or without an end", func(t *testing.T) {
		for _, texts := range []string{"a\n\nc", "a\r\n\r\nc\r\n"} {
			got, err := all(t, open(t, texts))
			if err != nil || len(got) != 3 || got[0].Chunk.Text != "a" || got[1].Chunk.Text != "" || got[2].Chunk.Text != "c" {
				t.Errorf("%q: %v, %v; want texts a, (none), c", texts, got, err)
			}
		}
	})
	t.Run("too few lines name the row", func(t *testing.T) {
		if got, err := all(t, open(t, "a\nb\n")); err == nil || !strings.Contains(err.Error(), "row 3: the text file has no line") || len(got) != 2 {
			t.Errorf("%v, %v; want two rows and an error at row 3", got, err)
		}
	})
	t.Run("too many lines are an error", func(t *testing.T) {
		if _, err := all(t, open(t, "a\nb\nc\nd\n")); err == nil || !strings.Contains(err.Error(), "more lines than the 3 vectors") {
			t.Errorf("%v; want an error about the lines", err)
		}
	})
	t.Run("Skip passes over the texts, too", func(t *testing.T) {
		s := open(t, "a\nb\nc\n")
		if err := s.Skip(2); err != nil {
			t.Fatal(err)
		}
		want := []read{{3, domain.Chunk{Text: "c", Embedding: []float32{3}}}}
		if got, err := all(t, s); err != nil || !cmp.Equal(want, got) {
			t.Errorf("after Skip(2): %v, %v; want %v", got, err, want)
		}
	})
	t.Run("JSON lines take none", func(t *testing.T) {
		if _, err := source.Open(write(t, "a.jsonl", nil), vectors); err == nil {
			t.Error("Open: no error")
		}
	})
}

func TestSkipEqualsReading(t *testing.T) {
	var jsonl, fbin, fvecs []byte
	for i := range 20 {
		jsonl = fmt.Appendf(jsonl, "{\"embedding\":[%d,1]}\n", i)
		fbin = append(fbin, floats(float32(i), 1)...)
		fvecs = append(append(fvecs, ints(2)...), floats(float32(i), 1)...)
	}
	files := map[string][]byte{
		"a.jsonl": jsonl, "a.fbin": join(ints(20, 2), fbin), "a.fvecs": fvecs,
		"a.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 2)}", fbin),
	}
	for name, content := range files {
		path := write(t, name, content)
		for _, n := range []int64{0, 1, 7, 20} {
			s, err := source.Open(path, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Skip(n); err != nil {
				t.Errorf("%s: Skip(%d): %v", name, n, err)
			}
			got, err := all(t, s)
			if err != nil || len(got) != int(20-n) || n < 20 && (got[0].Row != n+1 || got[0].Chunk.Embedding[0] != float32(n)) {
				t.Errorf("%s: after Skip(%d): %d rows, %v; want %d from row %d", name, n, len(got), err, 20-n, n+1)
			}
			s.Close()
		}
		s, err := source.Open(path, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Skip(21); err == nil {
			t.Errorf("%s: Skip past the end: no error", name)
		}
		s.Close()
	}
}

// A file that begins with a byte order mark is read as one without, from its start and
// from later on; an embedding may be base64, as over HTTP.
func TestByteOrderMarkAndBase64(t *testing.T) {
	path := write(t, "bom.jsonl", []byte("\ufeff{\"embedding\":\"AACAPwAAAEA=\",\"text\":\"a\"}\r\n{\"embedding\":[1,2],\"metadata\":null}\n"))
	for skip := range 2 {
		s, err := source.Open(path, "")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Skip(int64(skip)); err != nil {
			t.Fatal(err)
		}
		rows, err := all(t, s)
		if err != nil || len(rows) != 2-skip {
			t.Fatalf("after %d rows: %d more, %v; want %d", skip, len(rows), err, 2-skip)
		}
		for _, r := range rows {
			if v := r.Chunk.Embedding; len(v) != 2 || v[0] != 1 || v[1] != 2 {
				t.Errorf("row %d has the embedding %v; want [1 2]", r.Row, v)
			}
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"not-json.jsonl", []byte("{\"embedding\":[1]}\nnope\n"), "row 2: jsontext: invalid character"},
		{"latin1.jsonl", []byte("{\"embedding\":[1],\"text\":\"caf\xe9\"}"), "row 1: text: jsontext: invalid UTF-8"},
		{"unknown-field.jsonl", []byte(`{"embedding":[1],"txt":"a"}`), `row 1: unknown field "txt"`},
		{"upper-case.jsonl", []byte(`{"EMBEDDING":[1]}`), `row 1: unknown field "EMBEDDING"`},
		{"twice.jsonl", []byte(`{"embedding":[1],"text":"a","text":"b"}`), `row 1: field "text" occurs twice`},
		{"array.jsonl", []byte(`[1]`), "row 1: expected a JSON object"},
		{"two-values.jsonl", []byte(`{"embedding":[1]} {}`), "row 1: more than one JSON value"},
		{"base64.jsonl", []byte(`{"embedding":"AAAA"}`), "row 1: embedding: a vector in a string must be base64"},
		{"two-values.jsonl", []byte(`{"embedding":[1]} {"embedding":[2]}`), "row 1: more than one JSON value"},
		{"no-embedding.jsonl", []byte(`{"text":"a"}`), "row 1: embedding is missing"},
		{"too-large.jsonl", []byte(`{"embedding":[1e40]}`), "unmarshal JSON number 1e40"}, // after a verb that the library chooses by chance,
		{"metadata.jsonl", []byte(`{"embedding":[1],"metadata":[1]}`), "row 1: metadata must be"},
		{"cut.fbin", join(ints(2, 2), floats(1, 2, 3)), "2 vectors of 2 numbers need 24 bytes, the file has 20"},
		{"head.fbin", []byte{1, 2}, "cut off"},
		{"dims.fbin", ints(1, 0), "vectors of 0 numbers"},
		{"cut.fvecs", join(ints(2), floats(1, 2), ints(2), floats(1)), "row 2: the file is cut off"},
		{"head-only.fvecs", ints(2), "row 1: the file is cut off"},
		{"cut-head.fvecs", join(ints(1), floats(1), []byte{1}), "row 2: the file is cut off"},
		{"dims.fvecs", join(ints(1), floats(1), ints(2), floats(1, 2)), "row 2: a vector of 2 numbers after ones of 1"},
		{"negative.fvecs", ints(0xffffffff), "row 1: vectors of -1 numbers"},
		{"magic.npy", []byte("not a numpy file"), "not a .npy file"},
		{"type.npy", npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2)}", nil), `numbers of type "<i8"`},
		{"columns.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}", floats(1, 2)), "stored by columns"},
		{"list.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", floats(1, 2)), "not a matrix"},
		{"cut.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", floats(1, 2)), "do not fill the file"},
		{"vast.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999, 65536)}", nil), "do not fill the file"},
		{"a.csv", []byte("1,2"), `unknown kind of file ".csv"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := source.Open(write(t, tt.name, tt.content), "")
			if err == nil {
				defer s.Close()
				_, err = all(t, s)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want an error with %q", err, tt.want)
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a.jsonl")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Open(dir, ""); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Open: %v; want an error about the kind of file", err)
		}
	})
}

func TestFingerprintFollowsTheContent(t *testing.T) {
	path := write(t, "a.jsonl", []byte(`{"embedding":[1]}`))
	of := func() string {
		s, err := source.Open(path, "")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return s.Fingerprint()
	}
	first := of()
	if again := of(); again != first {
		t.Errorf("the same file has the fingerprints %s and %s", first, again)
	}
	if err := os.WriteFile(path, []byte(`{"embedding":[2]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if other := of(); other == first {
		t.Error("another content has the same fingerprint")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(0, []byte(`{"embedding":[1,2],"text":"x"}`))
	f.Add(1, join(ints(1, 2), floats(1, 2)))
	f.Add(2, join(ints(2), floats(1, 2)))
	f.Add(3, npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}", floats(1, 2)))
	f.Fuzz(func(t *testing.T, kind int, content []byte) {
		name := []string{"a.jsonl", "a.fbin", "a.fvecs", "a.npy"}[uint(kind)%4]
		s, err := source.Open(write(t, name, content), "")
		if err != nil {
			return
		}
		defer s.Close()
		rows, err := all(t, s)
		for _, r := range rows {
			if len(r.Chunk.Embedding) == 0 {
				t.Errorf("row %d has no embedding", r.Row)
			}
		}
		if err == nil && s.Read() != s.Size() {
			t.Errorf("read %d bytes of %d without an error", s.Read(), s.Size())
		}
	})
}
