package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// instructions tell a client's model what this server is for.
const instructions = "memista keeps texts (chunks) with metadata in databases and finds them by meaning and by words. " +
	"list_databases shows what there is, describe_database which fields filters can use, search finds, get returns one chunk whole."

// writeInstructions are added where writing is allowed.
const writeInstructions = " remember stores what should be known later, under a key that names it; update and forget change and delete it."

// allTools are the tools in the order in which they are worth reading. Making them reads
// their types, so it is done once.
var allTools = sync.OnceValue(func() []tool {
	return []tool{listDatabases(), describeDatabase(), search(), get(), count(), remember(), update(), forget()}
})

// maker makes servers of the protocol.
type maker struct {
	version string
	write   bool
	// explain returns the text of an error for the client.
	explain func(error) string
	// broken is told of panics, which are defects of ours.
	broken func(error)
}

// server returns a server over uses, whose calls end with ctx at the latest.
func (m maker) server(ctx context.Context, uses UseCases) *sdk.Server {
	about := instructions
	if m.write {
		about += writeInstructions
	}
	s := sdk.NewServer(&sdk.Implementation{Name: "memista", Title: "memista", Version: m.version}, &sdk.ServerOptions{
		Instructions: about,
		// Tools and resources stay as they are, and nothing is logged to the client.
		// What one key may see is not for another.
		SetCacheable: func(_ context.Context, _ sdk.Request, c *sdk.Cacheable) { c.CacheScope = "private" },
		Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}, Resources: &sdk.ResourceCapabilities{}},
	})
	for _, t := range allTools() {
		if t.writes && !m.write {
			continue
		}
		s.AddTool(t.desc, func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			answer, err := t.run(ctx, uses, req.Params.Arguments)
			return m.result(answer, err), nil
		})
	}
	s.AddResourceTemplate(&chunkResources, func(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		body, ok, err := readChunk(ctx, uses, req.Params.URI)
		switch {
		case !ok:
			return nil, sdk.ResourceNotFoundError(req.Params.URI)
		case err != nil:
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: head(m.explain(err), errorBytes)}
		}
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: req.Params.URI, MIMEType: chunkResources.MIMEType, Text: string(body)}}}, nil
	})
	s.AddReceivingMiddleware(m.guard(ctx))
	return s
}

// result is the answer of a tool, twice: as JSON for programs, and as text for models.
func (m maker) result(answer json.RawMessage, err error) *sdk.CallToolResult {
	if err != nil {
		return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: head(m.explain(err), errorBytes)}}}
	}
	return &sdk.CallToolResult{StructuredContent: answer, Content: []sdk.Content{&sdk.TextContent{Text: string(answer)}}}
}

// guard keeps a panic from ending the process: the SDK calls tools in goroutines of its
// own. Calls end with until, for the SDK ties those of older versions of the protocol to no
// request. It refuses to listen for changes, of which none are told: that would never end.
func (m maker) guard(until context.Context) sdk.Middleware {
	return func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (res sdk.Result, err error) {
			defer func() {
				if v := recover(); v != nil {
					m.broken(fmt.Errorf("panic in %s: %v\n%s", method, v, debug.Stack()))
					res, err = nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "internal error"}
				}
			}()
			if method == "subscriptions/listen" {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "nothing here changes by itself"}
			}
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			defer context.AfterFunc(until, stop)()
			return next(ctx, method, req)
		}
	}
}
