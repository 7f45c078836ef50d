package api

import (
	"context"
	"time"
)

// Mover takes databases to other servers, and in. Databases are named by their ids here, and not
// by aliases.
type Mover interface {
	// Changes returns what changed in a database after a place: the Next of an earlier page,
	// or with "" the present, from which on changes are kept. It is ErrStartOver where they
	// are not kept any more. o may be nil.
	Changes(ctx context.Context, id string, o *ChangesOptions) (ChangePage, error)
	// Load makes a database what another one is: chunks are stored under the ids they bring,
	// and all else about them stays as it is. What it did twice it did once.
	Load(ctx context.Context, id string, l Load) (Loaded, error)
	// Hold keeps the writers of a database out, or lets them in again, and returns its state
	// from then on. With nil it only returns that.
	Hold(ctx context.Context, id string, h *Hold) (HoldState, error)
	// CarriedNames returns what databases are called by other surfaces: collections with their
	// tenants, and aliases. PutNames adds names, all or none: those that are there stay, and
	// one that another database has is ErrConflict.
	CarriedNames(ctx context.Context) (Names, error)
	PutNames(ctx context.Context, n Names) error
}

// ChangesOptions configure Changes. The zero value, and nil, mean the defaults.
type ChangesOptions struct {
	After   string        // Next of an earlier page; "": begin at the present, with an empty page
	Limit   int           // about how many changes at most; 0: 1000
	Keep    time.Duration // how long changes are kept from now on, up to a week; 0: an hour
	Close   bool          // end the feed of After instead
	Include []Part        // parts of the chunks; nil: text and metadata
}

// ChangePage is what Changes returns. The deletes come before the chunks; a chunk is as it was
// when the page was read. Whoever applies all pages to a copy that was begun after the feed has
// the database of one moment whenever there is no More.
type ChangePage struct {
	Chunks  []Chunk // new and changed ones
	Deleted []int64 // ids of those that are gone
	// DeletedKeys are the keys that those had; a chunk of Chunks may have one by now.
	DeletedKeys []string
	Next        string // After of the next page
	More        bool   // there is more by now
}

// Load is what to store of another database.
type Load struct {
	Chunks []Chunk // with their ids, and the times at which they expire; TTL is passed over
	Delete []int64 // before Chunks; unknown ones are passed over
	// DeleteKeys are the keys that those had, which a memista in front of a cluster needs.
	DeleteKeys []string
	NextID     int64 // above all ids that the other one ever had, so that none is used again; 0: not known
}

// Loaded is what has come of a Load.
type Loaded struct {
	Stored  int `json:"stored"`
	Deleted int `json:"deleted"` // with those that were in the way of a key
}

// Hold says what becomes of the writers of a database. The zero value lets them in again.
type Hold struct {
	For time.Duration // how long they are told to try again, up to five minutes
	// Moved is where the database is from now on: writers are told so for good. "" is nowhere.
	Moved      string
	IfSequence *int64 // the state that the database must have, or it is ErrConflict; nil: any
}

// HoldState is the state of a database, and how its writers are kept out.
type HoldState struct {
	Sequence int64     `json:"sequence"` // number of its last change
	Chunks   int64     `json:"chunks"`   // with those that have expired
	NextID   int64     `json:"next_id"`  // above all ids that it ever had
	Until    time.Time `json:"held_until,omitzero"`
	Moved    string    `json:"moved_to,omitempty"`
}

// Names is what databases are called by other surfaces, and the tenants in which they are.
type Names struct {
	Tenants     []string     `json:"tenants"`
	Spaces      []Space      `json:"spaces"`
	Collections []Collection `json:"collections"`
	Aliases     []Alias      `json:"aliases"`
}

// Space is what Chroma calls a database of a tenant.
type Space struct {
	Tenant   string `json:"tenant"`
	Database string `json:"database"`
}

// Collection is who a database is for the surface that made it.
type Collection struct {
	Space
	Name    string `json:"name"`
	ID      string `json:"database_id"`
	UUID    string `json:"uuid"`
	Surface string `json:"surface"` // qdrant or chroma
	Keys    string `json:"keys"`    // the form of its keys: raw or points
	Config  string `json:"config"`  // a JSON object that only its surface understands
}
