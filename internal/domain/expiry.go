package domain

import "time"

// MaxTTL is the longest time to live of a chunk: 100 years.
const MaxTTL = 100 * 365 * 24 * time.Hour

// CheckTTL reports why ttl cannot be a time to live: it must be positive and at most
// MaxTTL. Zero means "none given" and is fine.
func CheckTTL(ttl time.Duration) error {
	if ttl < 0 {
		return Errorf(ErrInvalid, "a time to live must be positive, got %v: leave it out for the default", ttl)
	}
	if ttl > MaxTTL {
		return Errorf(ErrInvalid, "a time to live must be at most %d seconds, got %v", int64(MaxTTL/time.Second), ttl)
	}
	return nil
}

// Expired reports whether c has expired at the moment at: from its time of expiry on.
func (c *Chunk) Expired(at time.Time) bool {
	return !c.ExpiresAt.IsZero() && !at.Before(c.ExpiresAt)
}

// Expiry says when a chunk of a database expires.
type Expiry struct {
	ID int64
	At time.Time
}
