package mcp

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// chunkResources describes chunks as resources, each the JSON that the tool get returns.
var chunkResources = sdk.ResourceTemplate{
	Name: "chunk", Title: "Chunk", URITemplate: uriTemplate, MIMEType: "application/json",
	Description: "A chunk of a database by its id: text and metadata.",
}

// readChunk returns the chunk that uri names, as JSON; ok is false where uri names none.
func readChunk(ctx context.Context, uses UseCases, uri string) (body []byte, ok bool, err error) {
	database, id, ok := parseURI(uri)
	if !ok {
		return nil, false, nil
	}
	c, err := uses.Get(ctx, database, id)
	if err != nil {
		return nil, true, err
	}
	body, err = encode(shown(database, &c, 0, answerBytes))
	return body, true, err
}

func parseURI(uri string) (database string, id int64, ok bool) {
	rest, ok := strings.CutPrefix(uri, scheme)
	if !ok {
		return "", 0, false
	}
	name, number, ok := strings.Cut(rest, "/chunks/")
	if !ok {
		return "", 0, false
	}
	database, err := url.PathUnescape(name)
	if err != nil {
		return "", 0, false
	}
	id, err = strconv.ParseInt(number, 10, 64)
	return database, id, err == nil
}
