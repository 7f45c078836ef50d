// Package catalog is which databases, collections, aliases and tenants a cluster has: kept in
// documents of it, changed by one process at a time, and known to each from memory.
package catalog

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/ports"
)

// parts is over how many documents the databases are spread, so that a change writes few of
// them.
const parts = 16

// Entry is a database, with its collection if it has a row of its own. It does not change.
type Entry struct {
	domain.Database
	Room       ports.Room
	collection *collection.Collection // nil: it is collection.Of the database
}

// Collection returns who the database is for other surfaces.
func (e *Entry) Collection() collection.Collection {
	if e.collection != nil {
		return *e.collection
	}
	return collection.Of(e.Database)
}

// names are the aliases, and the tenants with their spaces.
type names struct {
	Aliases map[string]int64    `json:"aliases"` // numbers of databases
	Tenants map[string][]string `json:"tenants"` // besides the default one
}

// State is what there is at one moment. It does not change.
type State struct {
	version   int64
	databases map[string]*Entry // by ids in lower case
	names     names

	byNumber map[int64]*Entry
	byName   map[collection.Name]*Entry // those with a row
	byUUID   map[collection.UUID]*Entry
}

// index fills what is found by other things than ids.
func (s *State) index() {
	s.byNumber, s.byName, s.byUUID = map[int64]*Entry{}, map[collection.Name]*Entry{}, map[collection.UUID]*Entry{}
	for _, e := range s.databases {
		s.byNumber[e.Number] = e
		col := e.Collection()
		s.byUUID[col.UUID] = e
		if e.collection != nil {
			s.byName[col.FullName()] = e
		}
	}
}

// clone returns a copy that may be changed.
func (s *State) clone() *State {
	c := &State{version: s.version, databases: maps.Clone(s.databases), names: names{maps.Clone(s.names.Aliases), maps.Clone(s.names.Tenants)}}
	if c.databases == nil {
		c.databases = map[string]*Entry{}
	}
	if c.names.Aliases == nil {
		c.names.Aliases = map[string]int64{}
	}
	if c.names.Tenants == nil {
		c.names.Tenants = map[string][]string{}
	}
	c.index()
	return c
}

// Find returns the database called id, or ErrNotFound.
func (s *State) Find(id string) (*Entry, error) {
	if e := s.databases[strings.ToLower(id)]; e != nil && e.ID == id {
		return e, nil
	}
	return nil, domain.DatabaseNotFound(id)
}

// All returns all databases in the order of their ids.
func (s *State) All() []*Entry {
	return slices.SortedFunc(maps.Values(s.databases), func(a, b *Entry) int { return strings.Compare(a.ID, b.ID) })
}

// alias returns the database that a name is an alias for; nil if it is none.
func (s *State) alias(name string) *Entry {
	number, ok := s.names.Aliases[name]
	if !ok {
		return nil
	}
	return s.byNumber[number] // nil: it was dropped
}

// named returns the collection with a name that is no alias; nil if there is none.
func (s *State) named(name collection.Name) *Entry {
	if e := s.byName[name]; e != nil {
		return e
	}
	if name.Space != collection.DefaultSpace {
		return nil
	}
	if e, err := s.Find(name.Name); err == nil && e.collection == nil {
		return e
	}
	return nil
}

// exists is ErrNotFound where there is no such space.
func (s *State) exists(space collection.Space) error {
	if space == collection.DefaultSpace {
		return nil
	}
	spaces, err := s.spaces(space.Tenant)
	if err == nil && !slices.Contains(spaces, space) {
		err = collection.NotFound(collection.ASpace, space.Database)
	}
	return err
}

// spaces returns the spaces of a tenant by name, or ErrNotFound.
func (s *State) spaces(tenant string) ([]collection.Space, error) {
	list, ok := s.names.Tenants[tenant]
	if !ok && tenant != collection.DefaultTenant {
		return nil, collection.NotFound(collection.ATenant, tenant)
	}
	all := make([]collection.Space, 0, len(list)+1)
	if tenant == collection.DefaultTenant {
		all = append(all, collection.DefaultSpace)
	}
	for _, db := range list {
		all = append(all, collection.Space{Tenant: tenant, Database: db})
	}
	slices.SortFunc(all, func(a, b collection.Space) int { return cmp.Compare(a.Database, b.Database) })
	return all, nil
}

// record is an Entry as its document has it.
type record struct {
	Number   int64                  `json:"number"`
	ID       string                 `json:"id"`
	Life     string                 `json:"life"`
	Created  time.Time              `json:"created"`
	Class    string                 `json:"class"`
	Tenant   string                 `json:"tenant"`
	Settings settings               `json:"settings"`
	Row      *collection.Collection `json:"collection,omitempty"`
}

// settings are the settings that a cluster keeps.
type settings struct {
	Dims     int              `json:"dims,omitempty"`
	Metric   domain.Metric    `json:"metric"`
	EfSearch int              `json:"ef_search,omitempty"`
	TTL      time.Duration    `json:"ttl,omitempty"`
	FullText domain.Tokenizer `json:"full_text,omitempty"`
	Metadata domain.Metadata  `json:"metadata"`
	Embedder domain.Embedder  `json:"embedder"`
	Optional bool             `json:"optional_embeddings,omitempty"`
}

func recordOf(e *Entry) record {
	return record{
		Number: e.Number, ID: e.ID, Life: hex.EncodeToString(e.Incarnation[:]), Created: e.CreatedAt, Class: e.Room.Class, Tenant: e.Room.Tenant, Row: e.collection,
		Settings: settings{e.Dims, e.Metric, e.EfSearch, e.TTL, e.FullText, e.Settings.Metadata, e.Embedder, e.OptionalEmbeddings},
	}
}

func (r *record) entry() (*Entry, error) {
	e := &Entry{Database: domain.Database{
		Number: r.Number, ID: r.ID, CreatedAt: r.Created,
		Settings: domain.Settings{
			Dims: r.Settings.Dims, Metric: r.Settings.Metric, EfSearch: r.Settings.EfSearch, TTL: r.Settings.TTL, FullText: r.Settings.FullText,
			Metadata: r.Settings.Metadata, Embedder: r.Settings.Embedder, OptionalEmbeddings: r.Settings.Optional,
		},
	}, collection: r.Row}
	life, err := hex.DecodeString(r.Life)
	if err != nil || len(life) != len(e.Incarnation) || r.ID == "" || r.Number == 0 {
		return nil, fmt.Errorf("database %q of the cluster's catalog: %w", r.ID, domain.ErrCorrupt)
	}
	copy(e.Incarnation[:], life)
	e.Room = ports.Room{Class: r.Class, Tenant: r.Tenant, Metric: e.Metric, Life: e.Incarnation, FullText: e.FullText}
	return e, nil
}

// partOf is the document that a database is in.
func partOf(id string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(id)))
	return int(h.Sum32() % parts)
}

// part writes the document with a number.
func (s *State) part(n int) ([]byte, error) {
	list := []record{}
	for _, e := range s.All() {
		if partOf(e.ID) == n {
			list = append(list, recordOf(e))
		}
	}
	return json.Marshal(list)
}
