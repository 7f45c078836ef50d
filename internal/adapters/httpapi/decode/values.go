package decode

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// maxPooled is how many bytes of embeddings a decoder may hold that is kept for the next
// request: those of a few large requests are left to the garbage collector.
const maxPooled = 8 << 20

// required reports the first of fields whose bit is in want and not in seen.
func required(fields []string, seen, want uint32) error {
	for i, name := range fields {
		if want&^seen&(1<<i) != 0 {
			return domain.Errorf(domain.ErrInvalid, "field %s is missing", name)
		}
	}
	return nil
}

// positive reads an integer above zero: zero stands for "the default" inside, which a
// caller asks for by leaving the field out.
func positive(s *wire.Scanner) (int, error) {
	n, err := count(s)
	if err == nil && n < 1 {
		err = s.Errorf("must be at least 1: leave it out for the default")
	}
	return n, err
}

// count reads an integer; whether it is too small or too large is for the use case to say.
func count(s *wire.Scanner) (int, error) {
	n, err := s.Int()
	return int(max(math.MinInt32, min(n, math.MaxInt32))), err
}

// ttl reads a time to live in whole seconds; null is none.
func ttl(s *wire.Scanner) (time.Duration, error) {
	if s.Null() {
		return 0, nil
	}
	const most = int64(domain.MaxTTL / time.Second)
	n, err := s.Int()
	if err == nil && (n < 1 || n > most) {
		err = s.Errorf("must be between 1 and %d: leave it out for the default", most)
	}
	return time.Duration(n) * time.Second, err
}

// word reads one of the names, or any name that is not empty if names is nil.
func word(s *wire.Scanner, names []string) (string, error) {
	b, err := s.Text()
	if err != nil {
		return "", err
	}
	w := string(b)
	if names == nil && w != "" || slices.Contains(names, w) {
		return w, nil
	}
	if names == nil {
		return "", s.Errorf("cannot be empty: leave it out for the default")
	}
	return "", s.Errorf("must be one of %s", strings.Join(names, ", "))
}

// filter reads a filter.
func filter(s *wire.Scanner) (*filterlang.Filter, error) {
	raw, err := s.Value()
	if err != nil {
		return nil, err
	}
	f, err := filterlang.Parse(raw)
	if err != nil {
		return nil, err
	}
	return &f, nil
}
