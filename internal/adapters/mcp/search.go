package mcp

import (
	"context"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// filterHelp is the language of filters in short, for descriptions.
const filterHelp = `The filter is an object over the fields of the metadata, as {"source":"readme","page":{"$gte":3}}: ` +
	`$eq $ne $gt $gte $lt $lte $in $nin $exists $contains $not_contains, $regex and $not_regex (RE2), $any_value (operators that one value of an array has to meet together), $size (a number or {"$gte":1}), ` +
	`$elem_match (a filter of the members of an object in an array), $geo_radius ({"center":{"lat":52.5,"lon":13.4},"radius":1000} in meters), ` +
	`$geo_bounding_box ({"top_left":point,"bottom_right":point}), $geo_polygon ({"exterior":{"points":[point,point,point]}}), ` +
	`and $and $or $not around filters, {"$at_least":{"count":2,"of":[filters]}}; author.name is the name in author, $id $key $text are the chunk itself. `

type searchIn struct {
	Database string `json:"database" jsonschema:"id of the database"`
	Query    string `json:"query" jsonschema:"what to find: a question or a sentence where the database finds by meaning, else the words themselves"`
	Limit    int    `json:"limit,omitempty" jsonschema:"how many hits at most, 10 by default"`
	Filter   object `json:"filter,omitempty" jsonschema:"only chunks that it selects"`
}

type searchOut struct {
	Search string  `json:"search" jsonschema:"how the chunks were found: hybrid, meaning or words"`
	Hits   []chunk `json:"hits" jsonschema:"best first"`
}

// The hits of a search: by default, and at most.
const (
	defaultHits = 10
	maxHits     = 50
)

func search() tool {
	return define(sdk.Tool{
		Name: "search", Annotations: reading("Search"),
		Description: "Finds the chunks of a database that fit a text best: by meaning and by words at once, or by the one that the database has. " +
			"In searches by words, a phrase in double quotes stands as it is and a star ends any word. " + filterHelp +
			"Long texts are cut, with a note of the call of get that returns the rest.",
	}, func(s *jsonschema.Schema) {
		between(s.Properties["limit"], 1, maxHits)
		s.Properties["query"].MinLength = jsonschema.Ptr(1)
	}, runSearch)
}

func runSearch(ctx context.Context, uses UseCases, in searchIn) (searchOut, error) {
	info, err := uses.Describe(ctx, in.Database)
	if err != nil {
		return searchOut{}, err
	}
	q := api.Query{K: in.Limit, Filter: in.Filter.filter()}
	if q.K == 0 {
		q.K = defaultHits
	}
	out := searchOut{Search: searchOf(&info)}
	switch out.Search {
	case byBoth:
		q.Hybrid = in.Query
	case byMeaning:
		q.NearText = in.Query
	case byWords:
		q.Text = in.Query
	default:
		return searchOut{}, domain.Errorf(domain.ErrUnsupported, "Database '%s' has neither an embedder nor full text, so no text can be searched for: get, count and filters work", in.Database)
	}
	found, err := uses.Query(ctx, in.Database, []api.Query{q}, nil)
	if err != nil {
		return searchOut{}, err
	}
	out.Hits = shownAll(in.Database, found.Hits[0])
	return out, nil
}
