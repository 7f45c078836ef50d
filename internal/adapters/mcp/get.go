package mcp

import (
	"context"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

type getIn struct {
	Database string `json:"database" jsonschema:"id of the database"`
	ID       int64  `json:"id,omitempty" jsonschema:"id of the chunk; either this or key"`
	Key      string `json:"key,omitempty" jsonschema:"key of the chunk; either this or id"`
	Offset   int    `json:"offset,omitempty" jsonschema:"byte at which the text is to begin, as the note of a cut text says; 0 by default"`
}

func get() tool {
	return define(sdk.Tool{
		Name: "get", Annotations: reading("Get a chunk"),
		Description: "Returns one chunk by its id or its key: text, metadata, and when it expires. Of a long text it returns a part, with a note of the offset of the next.",
	}, func(s *jsonschema.Schema) {
		atLeast(s.Properties["id"], 1)
		atLeast(s.Properties["offset"], 0)
	}, func(ctx context.Context, uses UseCases, in getIn) (chunk, error) {
		c, err := find(ctx, uses, in.Database, in.ID, in.Key)
		if err != nil {
			return chunk{}, err
		}
		return shown(in.Database, &c, in.Offset, answerBytes), nil
	})
}

// atLeast bounds a number below.
func atLeast(s *jsonschema.Schema, low float64) { s.Minimum = &low }

func find(ctx context.Context, uses UseCases, database string, id int64, key string) (api.Chunk, error) {
	if err := oneName(id, key); err != nil {
		return api.Chunk{}, err
	}
	if key != "" {
		return uses.GetByKey(ctx, database, key)
	}
	return uses.Get(ctx, database, id)
}

// oneName refuses a chunk that is named by both its id and its key, or by none.
func oneName(id int64, key string) error {
	if (id == 0) == (key == "") {
		return domain.Errorf(domain.ErrInvalid, "give either id or key")
	}
	return nil
}

type countIn struct {
	Database string `json:"database" jsonschema:"id of the database"`
	Filter   object `json:"filter,omitempty" jsonschema:"only chunks that it selects; all by default"`
}

type countOut struct {
	Count int64 `json:"count"`
}

func count() tool {
	return define(sdk.Tool{
		Name: "count", Annotations: reading("Count chunks"),
		Description: "Counts the chunks of a database that a filter selects, or all of them. " + filterHelp,
	}, nil, func(ctx context.Context, uses UseCases, in countIn) (countOut, error) {
		n, err := uses.Count(ctx, in.Database, in.Filter.filter())
		return countOut{n}, err
	})
}
