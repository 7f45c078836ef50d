package mcp

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

type listDatabasesIn struct {
	Prefix string `json:"prefix,omitempty" jsonschema:"only databases whose ids begin so"`
	After  string `json:"after,omitempty" jsonschema:"only ids behind this one: the value of next in the page before"`
	Limit  int    `json:"limit,omitempty" jsonschema:"how many at most, 50 by default"`
}

type listDatabasesOut struct {
	Databases []database `json:"databases"`
	Next      string     `json:"next,omitempty" jsonschema:"after of the next page; absent: this is the last one"`
}

// database is a database as agents see it.
type database struct {
	ID         string `json:"id"`
	Chunks     int64  `json:"chunks" jsonschema:"how many there are"`
	Search     string `json:"search" jsonschema:"how the tool search finds chunks here: hybrid (by meaning and by words), meaning, words, or none"`
	Embedder   string `json:"embedder,omitempty" jsonschema:"what makes embeddings of texts, as provider/model; absent: nothing does"`
	Dimensions int    `json:"dimensions,omitempty" jsonschema:"components of each embedding"`
	FullText   string `json:"full_text,omitempty" jsonschema:"how words are indexed: words, english (stems) or trigram (parts of words)"`
	Metadata   any    `json:"metadata,omitempty" jsonschema:"what its maker says of the database itself"`
}

// aboutBytes is how much of a database's own metadata a list shows.
const aboutBytes = 512

// The ways in which a database finds chunks by a text.
const (
	byBoth    = "hybrid"
	byMeaning = "meaning"
	byWords   = "words"
	byNothing = "none"
)

// searchOf says how a database finds chunks by a text.
func searchOf(d *api.DatabaseInfo) string {
	embeds, words := d.Embedder != (api.Embedder{}), d.FullText != ""
	switch {
	case embeds && words:
		return byBoth
	case embeds:
		return byMeaning
	case words:
		return byWords
	}
	return byNothing
}

func databaseOf(d *api.DatabaseInfo, room int) database {
	out := database{ID: d.ID, Chunks: d.Chunks, Search: searchOf(d), Dimensions: d.Dims, FullText: string(d.FullText)}
	if d.Embedder != (api.Embedder{}) {
		out.Embedder = d.Embedder.Provider + "/" + d.Embedder.Model
	}
	if meta := d.Metadata.String(); meta != "" && meta != "null" && meta != "{}" && len(meta) <= room {
		out.Metadata = json.RawMessage(meta)
	}
	return out
}

func listDatabases() tool {
	return define(sdk.Tool{
		Name: "list_databases", Annotations: reading("List databases"),
		Description: "Lists the databases of this memista, a store of texts that are found by meaning and by words. " +
			"Call it first when you do not know which database to use.",
	}, func(s *jsonschema.Schema) { between(s.Properties["limit"], 1, 50) },
		func(ctx context.Context, uses UseCases, in listDatabasesIn) (listDatabasesOut, error) {
			if in.Limit == 0 {
				in.Limit = 50
			}
			page, err := uses.DatabasesPage(ctx, &api.DatabasesOptions{After: in.After, Prefix: in.Prefix, Limit: in.Limit})
			if err != nil {
				return listDatabasesOut{}, err
			}
			out := listDatabasesOut{Databases: []database{}, Next: page.Next}
			for i := range page.Databases {
				out.Databases = append(out.Databases, databaseOf(&page.Databases[i], aboutBytes))
			}
			return out, nil
		})
}

type describeDatabaseIn struct {
	Database string `json:"database" jsonschema:"id of the database"`
}

type describeDatabaseOut struct {
	database
	Sampled int     `json:"sampled" jsonschema:"how many chunks fields was read from"`
	Fields  []field `json:"fields" jsonschema:"fields that filters can use, as far as the sample has them"`
}

// sampleChunks is how many chunks are looked at for fields.
const sampleChunks = 100

func describeDatabase() tool {
	return define(sdk.Tool{
		Name: "describe_database", Annotations: reading("Describe a database"),
		Description: "Describes one database: how many chunks it has, how it is searched, and which fields their metadata has, " +
			"with types and examples from a sample. Call it before you write a filter.",
	}, nil, func(ctx context.Context, uses UseCases, in describeDatabaseIn) (describeDatabaseOut, error) {
		info, err := uses.Describe(ctx, in.Database)
		if err != nil {
			return describeDatabaseOut{}, err
		}
		page, err := uses.List(ctx, in.Database, &api.ListOptions{Limit: sampleChunks, Include: []api.Part{api.PartMetadata}})
		if err != nil && !errors.Is(err, domain.ErrTooLarge) { // then it is described without a sample
			return describeDatabaseOut{}, err
		}
		return describeDatabaseOut{database: databaseOf(&info, answerBytes/2), Sampled: len(page.Chunks), Fields: fieldsOf(page.Chunks)}, nil
	})
}
