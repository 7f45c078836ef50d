package weaviate

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// mark begins the description of each class that this package has made, with the version of
// what is in it.
const mark = "memista 1"

// The properties of a chunk.
const (
	propID    = "chunk_id" // 16 hexadecimal digits, which sort as ids do
	propKey   = "key"
	propText  = "text"
	propWords = "words" // of a database with full text: its words as they are compared
	propMeta  = "metadata"
	propForm  = "form"      // of the metadata; not there: it has none
	propEnd   = "expires"   // microseconds since 1970; not there: never
	propRaw   = "embedding" // in base64, where no search may find the chunk by it
)

// distances are the metrics as Weaviate calls them.
var distances = map[domain.Metric]string{domain.Cosine: "cosine", domain.InnerProduct: "dot", domain.L2: "l2-squared"}

// className returns the name of the class of databases with settings set.
func className(set *domain.Settings) string {
	name := "Memista_" + string(set.Metric)
	if set.FullText != "" {
		name += "_words"
	}
	return name
}

// class returns the class of databases with settings set.
func (s *Store) class(set *domain.Settings) wire.Class {
	yes, no := true, false
	plain := func(name, kind string) wire.Property {
		p := wire.Property{Name: name, DataType: []string{kind}, IndexFilterable: &no}
		if kind == "text" {
			p.IndexSearchable = &no
		}
		return p
	}
	exact := func(name string) wire.Property {
		return wire.Property{Name: name, DataType: []string{"text"}, Tokenization: "field", IndexFilterable: &yes, IndexSearchable: &no}
	}
	c := wire.Class{
		Name: className(set), Description: mark + ": chunks of databases, one a tenant", Vectorizer: "none", VectorIndexType: "hnsw",
		VectorIndexConfig: map[string]any{"distance": distances[set.Metric]},
		InvertedIndex:     &wire.InvertedIndex{IndexNullState: true, Stopwords: &wire.Stopwords{Preset: "none"}, BM25: &wire.BM25{K1: 1.2, B: 0.75}},
		Replication:       &wire.Replication{Factor: s.replicas, Async: s.replicas > 1, Deletion: "TimeBasedResolution"},
		MultiTenancy:      &wire.MultiTenancy{Enabled: true},
		Properties: []wire.Property{
			exact(propID), exact(propKey), plain(propText, "text"), plain(propMeta, "text"), plain(propForm, "int"), plain(propRaw, "text"),
			{Name: propEnd, DataType: []string{"int"}, IndexFilterable: &yes, IndexRange: &yes},
		},
	}
	if set.FullText != "" {
		c.Properties = append(c.Properties, wire.Property{Name: propWords, DataType: []string{"text"}, Tokenization: "whitespace", IndexFilterable: &no, IndexSearchable: &yes})
	}
	c.Properties = append(c.Properties, filterProperties()...)
	return c
}

// makeClass makes a class if it is not there, and refuses one that is not ours.
func (s *Store) makeClass(ctx context.Context, want wire.Class) error {
	s.mu.Lock()
	made := s.made[want.Name]
	s.mu.Unlock()
	if made {
		return nil
	}
	have, err := s.client.Class(ctx, want.Name)
	if errors.Is(err, domain.ErrNotFound) {
		if err = s.client.CreateClass(ctx, want); err == nil || errors.Is(err, domain.ErrConflict) {
			have, err = s.client.Class(ctx, want.Name)
		}
	}
	if err == nil {
		err = checkClass(&have, &want)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.made[want.Name] = true
	s.mu.Unlock()
	return nil
}

// checkClass refuses a class that is not what this package makes.
func checkClass(have, want *wire.Class) error {
	if have.Description != mark && !strings.HasPrefix(have.Description, mark+":") {
		return domain.Errorf(domain.ErrConflict, "the cluster has a class %s that is not memista's, or of another version of it: drop or rename it, or use another cluster", want.Name)
	}
	kinds := map[string]string{}
	for _, p := range have.Properties {
		kinds[p.Name] = strings.Join(p.DataType, ",") + p.Tokenization
	}
	for _, p := range want.Properties {
		if p.Tokenization == "" {
			p.Tokenization = strings.TrimPrefix(kinds[p.Name], strings.Join(p.DataType, ",")) // Weaviate's default
		}
		if kinds[p.Name] != strings.Join(p.DataType, ",")+p.Tokenization {
			return domain.Errorf(domain.ErrConflict, "the class %s of the cluster lacks the property %s, or has another one of that name: its schema was changed", want.Name, p.Name)
		}
	}
	return nil
}

// NewRoom implements ports.Cluster.
func (s *Store) NewRoom(ctx context.Context, life domain.Incarnation, set *domain.Settings) (ports.Room, error) {
	if err := s.check(); err != nil {
		return ports.Room{}, err
	}
	r := ports.Room{Class: className(set), Tenant: hex.EncodeToString(life[:]), Metric: set.Metric, Life: life, FullText: set.FullText}
	if err := s.makeClass(ctx, s.class(set)); err != nil {
		return ports.Room{}, err
	}
	return r, s.client.AddTenants(ctx, r.Class, wire.Tenant{Name: r.Tenant})
}

// DropRoom implements ports.Cluster.
func (s *Store) DropRoom(ctx context.Context, r ports.Room) error {
	if err := s.check(); err != nil {
		return err
	}
	return s.client.DropTenants(ctx, r.Class, r.Tenant)
}

func placeOf(r ports.Room) wire.Place { return wire.Place{Class: r.Class, Tenant: r.Tenant} }
