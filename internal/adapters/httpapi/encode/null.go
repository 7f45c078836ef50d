package encode

import "time"

// seconds returns a time to live as it is sent; null is none.
func seconds(ttl time.Duration) *int64 { return orNull(int64(ttl / time.Second)) }

// orNull returns nil for the zero value.
func orNull[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
