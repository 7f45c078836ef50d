package collection

import (
	"bytes"
	"encoding/json"

	"github.com/memista/memista/internal/domain"
)

// Surface names the API that made a collection; "" is memista's own, whose databases have
// no row in the registry.
type Surface string

// The surfaces that make collections.
const (
	Qdrant Surface = "qdrant"
	Chroma Surface = "chroma"
)

// Keys is the form of the keys in a database.
type Keys string

// The forms of keys.
const (
	RawKeys   Keys = "raw"    // as callers have them
	PointKeys Keys = "points" // of points, whose ids are integers, UUIDs and texts: they sort in that order
)

// MaxConfig is how many bytes the configuration of a collection may have.
const MaxConfig = 1 << 20

// NoConfig is the configuration of a database that was given none.
const NoConfig = "{}"

// Collection is who a database is for other surfaces. What is in the database, and its
// settings, are no part of it.
type Collection struct {
	Space
	Name    string
	ID      string  // of the database, by which use cases know it
	Number  int64   // of the database, never reused
	UUID    UUID    // stays for the life of the database
	Surface Surface // that made it; "": the registry has no row of it
	Keys    Keys
	Config  string // a JSON object that only its surface understands
	Alias   string // by which it was found; "": by its own name
}

// FullName returns name and space of c.
func (c *Collection) FullName() Name { return Name{c.Space, c.Name} }

// Called returns the name that the key of a caller must reach: the alias by which c was
// found, else the id of its database.
func (c *Collection) Called() string {
	if c.Alias != "" {
		return c.Alias
	}
	return c.ID
}

// Of returns the collection that a database is which has no row in the registry: it is in
// the default space under its own id.
func Of(db domain.Database) Collection {
	return Collection{
		Space: DefaultSpace, Name: db.ID, ID: db.ID, Number: db.Number, UUID: uuidOf(db.Incarnation),
		Keys: RawKeys, Config: NoConfig,
	}
}

// Check refuses what the registry cannot keep.
func (c *Collection) Check() error {
	if err := c.FullName().Check(); err != nil {
		return err
	}
	if c.Surface != Qdrant && c.Surface != Chroma {
		return domain.Errorf(domain.ErrInvalid, "unknown surface %q of a collection", c.Surface)
	}
	if c.Keys != RawKeys && c.Keys != PointKeys {
		return domain.Errorf(domain.ErrInvalid, "unknown form %q of the keys of a collection", c.Keys)
	}
	return CheckConfig(c.Config)
}

// CheckConfig refuses what is not a JSON object of at most MaxConfig bytes.
func CheckConfig(config string) error {
	if len(config) > MaxConfig {
		return domain.Errorf(domain.ErrTooLarge, "configuration of a collection has %d bytes, at most %d are allowed", len(config), MaxConfig)
	}
	raw := bytes.TrimSpace([]byte(config))
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return domain.Errorf(domain.ErrInvalid, "configuration of a collection must be a JSON object")
	}
	return nil
}

// Described is a collection with its database as it was at one moment.
type Described struct {
	Collection
	State domain.Database
}
