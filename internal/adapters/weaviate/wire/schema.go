package wire

import (
	"context"
	"net/http"
	"net/url"
)

// Class is a class of the schema. Parts that are nil are left to Weaviate's defaults when it
// is created, and are all there when it is read.
type Class struct {
	Name              string         `json:"class"` // ^[A-Z][_0-9A-Za-z]{0,254}$
	Description       string         `json:"description,omitempty"`
	Properties        []Property     `json:"properties,omitempty"`
	Vectorizer        string         `json:"vectorizer,omitempty"`      // "none": vectors are sent
	VectorIndexType   string         `json:"vectorIndexType,omitempty"` // hnsw, flat or dynamic
	VectorIndexConfig map[string]any `json:"vectorIndexConfig,omitempty"`
	InvertedIndex     *InvertedIndex `json:"invertedIndexConfig,omitempty"`
	Replication       *Replication   `json:"replicationConfig,omitempty"`
	Sharding          *Sharding      `json:"shardingConfig,omitempty"`
	MultiTenancy      *MultiTenancy  `json:"multiTenancyConfig,omitempty"`
}

// Property is one of the objects of a class.
type Property struct {
	Name            string   `json:"name"`
	DataType        []string `json:"dataType"` // one of text, text[], int, number, boolean, date, … ; int is exact up to 2^53
	Description     string   `json:"description,omitempty"`
	Tokenization    string   `json:"tokenization,omitempty"` // of text: word, lowercase, whitespace, field, trigram, …
	IndexFilterable *bool    `json:"indexFilterable,omitempty"`
	IndexSearchable *bool    `json:"indexSearchable,omitempty"`   // of text: for BM25
	IndexRange      *bool    `json:"indexRangeFilters,omitempty"` // of int, number and date
}

// InvertedIndex says how properties are indexed.
type InvertedIndex struct {
	IndexNullState      bool       `json:"indexNullState,omitempty"` // needed by IsNull
	IndexPropertyLength bool       `json:"indexPropertyLength,omitempty"`
	IndexTimestamps     bool       `json:"indexTimestamps,omitempty"`
	BM25                *BM25      `json:"bm25,omitempty"`
	Stopwords           *Stopwords `json:"stopwords,omitempty"`
}

// BM25 are the parameters of the ranking by words.
type BM25 struct {
	K1 float64 `json:"k1"`
	B  float64 `json:"b"`
}

// Stopwords are the words that are not looked for.
type Stopwords struct {
	Preset    string   `json:"preset"` // en or none
	Additions []string `json:"additions,omitempty"`
	Removals  []string `json:"removals,omitempty"`
}

// Replication says how many copies there are.
type Replication struct {
	Factor   int    `json:"factor"`
	Async    bool   `json:"asyncEnabled"`               // replicas compare their contents in the background
	Deletion string `json:"deletionStrategy,omitempty"` // NoAutomatedResolution, DeleteOnConflict or TimeBasedResolution
}

// Sharding says into how many parts a class is cut that has no tenants.
type Sharding struct {
	Desired int `json:"desiredCount,omitempty"`
	Actual  int `json:"actualCount,omitempty"`
}

// MultiTenancy says whether each tenant has a shard of its own.
type MultiTenancy struct {
	Enabled        bool `json:"enabled"`
	AutoCreation   bool `json:"autoTenantCreation,omitempty"`
	AutoActivation bool `json:"autoTenantActivation,omitempty"`
}

// CreateClass creates a class. One that is there is an ErrConflict. A node that breaks off in
// the middle leaves open whether it was created.
func (c *Client) CreateClass(ctx context.Context, class Class) error {
	if err := refuseEmpty("a class", class.Name); err != nil {
		return err
	}
	return c.rest(ctx, call{name: "create_class", method: http.MethodPost, path: "/v1/schema", body: class})
}

// Class returns a class, ErrNotFound if there is none of the name.
func (c *Client) Class(ctx context.Context, name string) (Class, error) {
	var class Class
	err := c.rest(ctx, call{name: "class", method: http.MethodGet, path: "/v1/schema/" + url.PathEscape(name), into: &class, repeatable: true})
	return class, err
}

// Classes returns all classes.
func (c *Client) Classes(ctx context.Context) ([]Class, error) {
	var answer struct {
		Classes []Class `json:"classes"`
	}
	err := c.rest(ctx, call{name: "classes", method: http.MethodGet, path: "/v1/schema", into: &answer, repeatable: true})
	return answer.Classes, err
}

// UpdateClass changes what of a class can be changed, such as its description, parameters of
// its search and the number of replicas: change is given the class as Weaviate's JSON. Changes
// of others in between are undone.
func (c *Client) UpdateClass(ctx context.Context, name string, change func(class map[string]any)) error {
	path := "/v1/schema/" + url.PathEscape(name)
	var class map[string]any
	if err := c.rest(ctx, call{name: "class", method: http.MethodGet, path: path, into: &class, repeatable: true}); err != nil {
		return err
	}
	change(class)
	return c.rest(ctx, call{name: "update_class", method: http.MethodPut, path: path, body: class, repeatable: true})
}

// DropClass drops a class with all objects. One that is not there is no error.
func (c *Client) DropClass(ctx context.Context, name string) error {
	if err := refuseEmpty("a class", name); err != nil {
		return err
	}
	return c.rest(ctx, call{name: "drop_class", method: http.MethodDelete, path: "/v1/schema/" + url.PathEscape(name), repeatable: true})
}

// AddProperty adds a property to a class. One that is there is an ErrConflict.
func (c *Client) AddProperty(ctx context.Context, class string, p Property) error {
	return c.rest(ctx, call{name: "add_property", method: http.MethodPost, path: "/v1/schema/" + url.PathEscape(class) + "/properties", body: p})
}
