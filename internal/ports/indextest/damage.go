package indextest

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var damageRules = []rule{
	{name: "a file of another database or of other settings is refused", run: otherSettings, files: true},
	{name: "a flipped bit anywhere in a file is refused", run: flippedBits, files: true, once: true},
	{name: "a file cut or grown is refused", run: cutFiles, files: true, once: true},
	{name: "a file with zeroed or swapped parts is refused", run: zeroedParts, files: true, once: true},
}

// savedFile returns the bytes of an index file of n vectors, at a state of its own.
func (s *suite) savedFile(n int, sequence int64) (path string, content []byte) {
	s.Helper()
	vs := Clustered(s.seed+uint64(sequence), n, smallDims)
	ix, m := s.filled(idsTo(n), vs)
	s.remove(ix, m, 2, 4)
	path = s.path()
	s.save(ix, path, snapshot(sequence))
	content, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	return path, content
}

// refuses checks that Open refuses the bytes with an error that leads to a rebuild, and
// leaves the file as it is.
func (s *suite) refuses(path string, content []byte, what string) {
	s.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fatal(err)
	}
	ix, _, err := s.cfg.Engine.(ports.FileEngine).Open(path, s.settings(smallDims), life)
	if err == nil {
		s.Errorf("Open of a file with %s: no error", what)
		s.close(ix)
		return
	}
	if !errors.Is(err, domain.ErrCorrupt) && !errors.Is(err, domain.ErrForeignFile) && !errors.Is(err, domain.ErrStaleSnapshot) {
		s.Errorf("Open of a file with %s: %v; want one of %v, %v, %v", what, err,
			domain.ErrCorrupt, domain.ErrForeignFile, domain.ErrStaleSnapshot)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(content, after) {
		s.Errorf("Open of a file with %s changed it (%v)", what, err)
	}
}

func otherSettings(s *suite) {
	path, _ := s.savedFile(300, 1)
	e := s.cfg.Engine.(ports.FileEngine)
	other := life
	other[15]++
	if _, _, err := e.Open(path, s.settings(smallDims), other); !errors.Is(err, domain.ErrStaleSnapshot) {
		s.Errorf("Open with another incarnation: %v; want %v", err, domain.ErrStaleSnapshot)
	}
	for _, dims := range []int{1, smallDims - 1, smallDims * 2} {
		if _, _, err := e.Open(path, s.settings(dims), life); !errors.Is(err, domain.ErrStaleSnapshot) {
			s.Errorf("Open with %d dims: %v; want %v", dims, err, domain.ErrStaleSnapshot)
		}
	}
	for _, m := range s.cfg.Metrics {
		set := s.settings(smallDims)
		if set.Metric = m; m == s.metric {
			continue
		}
		if _, _, err := e.Open(path, set, life); !errors.Is(err, domain.ErrStaleSnapshot) {
			s.Errorf("Open with metric %s: %v; want %v", m, err, domain.ErrStaleSnapshot)
		}
	}
	if _, _, err := e.Open(path+"x", s.settings(smallDims), life); !errors.Is(err, domain.ErrNotFound) {
		s.Errorf("Open of no file: %v; want %v", err, domain.ErrNotFound)
	}
	if _, _, err := e.Open(s.TempDir(), s.settings(smallDims), life); err == nil {
		s.Errorf("Open of a directory: no error")
	}
	s.openFile(path, smallDims, snapshot(1)) // and as it was made it opens
}

func flippedBits(s *suite) {
	path, content := s.savedFile(300, 1)
	at := make([]int, 0, 1000)
	for i := range min(192, len(content)) {
		at = append(at, i, len(content)-1-i)
	}
	for range 400 {
		at = append(at, s.rng.IntN(len(content)))
	}
	for _, i := range at {
		bad := bytes.Clone(content)
		bit := s.rng.IntN(8)
		bad[i] ^= 1 << bit
		s.refuses(path, bad, fmt.Sprintf("bit %d of byte %d of %d flipped", bit, i, len(content)))
	}
}

func cutFiles(s *suite) {
	path, content := s.savedFile(300, 1)
	n := len(content)
	lengths := []int{0, 1, 7, 63, 64, 512, 4095, 4096, 4097, n / 2, n - 4096, n - 64, n - 1}
	for range 40 {
		lengths = append(lengths, s.rng.IntN(n))
	}
	for _, l := range lengths {
		if l >= 0 && l < n {
			s.refuses(path, content[:l], fmt.Sprintf("%d of %d bytes", l, n))
		}
	}
	for _, extra := range []int{1, 64, 4096} {
		s.refuses(path, append(bytes.Clone(content), make([]byte, extra)...), fmt.Sprintf("%d bytes added", extra))
	}
	s.refuses(path, append(bytes.Clone(content), content...), "itself behind it")
}

func zeroedParts(s *suite) {
	path, content := s.savedFile(300, 1)
	_, newer := s.savedFile(300, 2)
	n := len(content)
	for range 60 {
		from := s.rng.IntN(n)
		to := min(n, from+1+s.rng.IntN(1<<s.rng.IntN(14)))
		bad := bytes.Clone(content)
		clear(bad[from:to])
		if !bytes.Equal(bad, content) {
			s.refuses(path, bad, fmt.Sprintf("bytes %d to %d of %d zeroed", from, to, n))
		}
		// A part of a later state of the same life, as a torn write in place would leave.
		bad = bytes.Clone(content)
		if copy(bad[from:], newer[min(from, len(newer)):]); !bytes.Equal(bad, content) && !bytes.Equal(bad, newer) {
			s.refuses(path, bad, fmt.Sprintf("bytes from %d of %d of a later state", from, n))
		}
		if bad = bytes.Clone(content); to+to-from <= n {
			copy(bad[from:], content[to:to+to-from])
			copy(bad[to:], content[from:to])
			if !bytes.Equal(bad, content) {
				s.refuses(path, bad, fmt.Sprintf("bytes %d to %d swapped with the next", from, to))
			}
		}
	}
}
