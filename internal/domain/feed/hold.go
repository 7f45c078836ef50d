package feed

import (
	"time"

	"github.com/memista/memista/internal/domain"
)

// MaxHold is how long writers can be kept out of a database at most, unless it has moved.
const MaxHold = 5 * time.Minute

// MaxAddress is how many bytes the place may have to which a database has moved.
const MaxAddress = 512

// Hold says what becomes of the writers of a database. The zero value lets them in again.
type Hold struct {
	For time.Duration // how long they are kept out; they are told to try again
	// Moved is where the database is from now on; "" is nowhere. Writers are kept out for
	// good, and told where to go.
	Moved string
	// IfSequence, if not nil, is the state that the database must have, or nothing is done
	// and it is ErrConflict.
	IfSequence *int64
}

// Check refuses what makes no sense.
func (h Hold) Check() error {
	switch {
	case h.For < 0 || h.For > MaxHold:
		return domain.Errorf(domain.ErrInvalid, "writers can be kept out for %d seconds at most, got %v", int64(MaxHold/time.Second), h.For)
	case h.For > 0 && h.Moved != "":
		return domain.Errorf(domain.ErrInvalid, "a database that has moved is not held for a time: leave out seconds")
	case len(h.Moved) > MaxAddress:
		return domain.Errorf(domain.ErrInvalid, "moved_to has %d bytes, at most %d are allowed", len(h.Moved), MaxAddress)
	}
	return nil
}

// Held is how a database is held. The zero value is not at all.
type Held struct {
	Until time.Time // zero: no time
	Moved string    // "": it has not moved
}

// Refuse returns why a database called id takes no write at the moment now; nil if it does.
func (h Held) Refuse(id string, now time.Time) error {
	switch {
	case h.Moved != "":
		return domain.Errorf(domain.ErrConflict, "Database '%s' has moved to %s: write there; here it is as it was when it moved", id, h.Moved)
	case !h.Until.IsZero() && now.Before(h.Until):
		return domain.Errorf(domain.ErrUnavailable, "Database '%s' is being moved to another server and takes no writes for the moment: try again", id)
	}
	return nil
}

// State is a database at one moment, and how it is held from then on.
type State struct {
	Sequence int64
	Chunks   int64 // with those that have expired
	NextID   int64 // above all ids of chunks that it ever had
	Held
}
