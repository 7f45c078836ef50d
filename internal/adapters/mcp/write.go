package mcp

import (
	"context"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// maxItems is how many chunks one call may change.
const maxItems = 100

// maxSeconds is how many seconds a chunk may live at most.
const maxSeconds = float64(domain.MaxTTL / time.Second)

type memory struct {
	Key      string `json:"key" jsonschema:"your own id of it, such as user/preferences/editor: the next remember with this key replaces it, get, update and forget name it by this"`
	Text     string `json:"text" jsonschema:"what to remember, in words that a later search may ask for"`
	Metadata object `json:"metadata,omitempty" jsonschema:"facts to filter by, such as {\"topic\":\"editor\",\"seen\":\"2026-11-30T12:00:00Z\"}"`
	TTL      int64  `json:"ttl_seconds,omitempty" jsonschema:"forget it by itself after so many seconds; absent: as the database does"`
}

type rememberIn struct {
	Database string   `json:"database" jsonschema:"id of the database; the first remember makes it"`
	Items    []memory `json:"items" jsonschema:"what to remember, all or none"`
}

type rememberOut struct {
	IDs []int64 `json:"ids" jsonschema:"ids of the chunks, in the order of items"`
}

func remember() tool {
	return define(sdk.Tool{
		Name: "remember", Annotations: changing("Remember"),
		Description: "Stores texts in a database, each under a key of your choice; what has the key already is replaced whole. " +
			"The embedder of the database makes the embeddings. One fact or passage per item is found best.",
	}, func(s *jsonschema.Schema) {
		items := s.Properties["items"]
		oneToMany(items)
		items.Items.Properties["key"].MinLength = jsonschema.Ptr(1)
		items.Items.Properties["text"].MinLength = jsonschema.Ptr(1)
		between(items.Items.Properties["ttl_seconds"], 1, maxSeconds)
	}, func(ctx context.Context, uses UseCases, in rememberIn) (rememberOut, error) {
		chunks := make([]api.Chunk, len(in.Items))
		for i, m := range in.Items {
			chunks[i] = api.Chunk{Key: m.Key, Text: m.Text, Metadata: m.Metadata.metadata(), TTL: time.Duration(m.TTL) * time.Second}
		}
		ids, err := uses.Insert(ctx, in.Database, chunks, nil)
		return rememberOut{ids}, err
	})
}

// oneToMany bounds a list, which may not be null.
func oneToMany(s *jsonschema.Schema) {
	s.Types, s.Type = nil, "array"
	s.MinItems, s.MaxItems = jsonschema.Ptr(1), jsonschema.Ptr(maxItems)
}

type updateIn struct {
	Database string  `json:"database" jsonschema:"id of the database"`
	ID       int64   `json:"id,omitempty" jsonschema:"id of the chunk; either this or key"`
	Key      string  `json:"key,omitempty" jsonschema:"key of the chunk; either this or id"`
	Text     *string `json:"text,omitempty" jsonschema:"the new text; the embedder of the database makes its embedding"`
	Metadata object  `json:"metadata,omitempty" jsonschema:"is merged into what is there: null removes a field, fields that are not named stay"`
}

func update() tool {
	return define(sdk.Tool{
		Name: "update", Annotations: changing("Update a chunk"),
		Description: "Changes the text or the metadata of one chunk, named by its id or its key, and returns it as it is then. What is not given stays.",
	}, func(s *jsonschema.Schema) {
		atLeast(s.Properties["id"], 1)
		s.Properties["text"].Types, s.Properties["text"].Type = nil, "string"
		s.Properties["text"].MinLength = jsonschema.Ptr(1)
	}, func(ctx context.Context, uses UseCases, in updateIn) (chunk, error) {
		if err := oneName(in.ID, in.Key); err != nil {
			return chunk{}, err
		}
		var c api.Chunk
		var err error
		p := api.Patch{Text: in.Text, Metadata: in.Metadata.metadata()}
		if in.Key != "" {
			c, err = uses.PatchByKey(ctx, in.Database, in.Key, p)
		} else {
			c, err = uses.Patch(ctx, in.Database, in.ID, p)
		}
		if err != nil {
			return chunk{}, err
		}
		return shown(in.Database, &c, 0, answerBytes), nil
	})
}

type forgetIn struct {
	Database string   `json:"database" jsonschema:"id of the database"`
	IDs      []int64  `json:"ids,omitempty" jsonschema:"ids of chunks; either these or keys"`
	Keys     []string `json:"keys,omitempty" jsonschema:"keys of chunks; either these or ids"`
}

type forgetOut struct {
	Forgotten int `json:"forgotten" jsonschema:"how many there were"`
}

func forget() tool {
	return define(sdk.Tool{
		Name: "forget", Annotations: changing("Forget"),
		Description: "Deletes chunks by their keys or by their ids, for good. Those that are not there are passed over.",
	}, func(s *jsonschema.Schema) {
		oneToMany(s.Properties["ids"])
		oneToMany(s.Properties["keys"])
	}, func(ctx context.Context, uses UseCases, in forgetIn) (forgetOut, error) {
		if (len(in.IDs) == 0) == (len(in.Keys) == 0) {
			return forgetOut{}, domain.Errorf(domain.ErrInvalid, "give either ids or keys")
		}
		var n int
		var err error
		if len(in.Keys) > 0 {
			n, err = uses.DeleteKeys(ctx, in.Database, in.Keys...)
		} else {
			n, err = uses.Delete(ctx, in.Database, in.IDs...)
		}
		return forgetOut{n}, err
	})
}
