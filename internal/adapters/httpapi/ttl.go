package httpapi

import (
	"time"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

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

// seconds returns a time to live as it is sent; null is none.
func seconds(ttl time.Duration) *int64 { return orNull(int64(ttl / time.Second)) }

// appendExpiry appends when a chunk expires; null is never.
func appendExpiry(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, `,"expires_at":null`...)
	}
	b = at.UTC().AppendFormat(append(b, `,"expires_at":"`...), time.RFC3339Nano)
	return append(b, '"')
}
