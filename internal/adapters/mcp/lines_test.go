package mcp_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/mcp"
)

// TestBrokenLines answers what is no message, and what follows it.
func TestBrokenLines(t *testing.T) {
	db := newService(t)
	fill(t, db)
	const call = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"count","arguments":{"database":"both"}}}`
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":                       {`{"jsonrpc":`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,`},
		"bytes":                         {"\x00\xff}{", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,`},
		"two messages":                  {call + call, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,`},
		"no message":                    {`{"id":7}`, `{"jsonrpc":"2.0","id":7,"error":{"code":-32600,`},
		"another version":               {`{"jsonrpc":"1.0","id":"a","method":"ping"}`, `{"jsonrpc":"2.0","id":"a","error":{"code":-32600,`},
		"an id that is none":            {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`},
		"a number":                      {`42`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`},
		"several messages in one":       {`[` + call + `]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`},
		"none in one":                   {`[]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,`},
		"a line that is too long":       {`{"jsonrpc":"2.0","id":9,"method":"` + strings.Repeat("x", 17<<20) + `"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a message has at most`},
		"a message of very many levels": {strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := mcp.Serve(t.Context(), db, mcp.Options{}, strings.NewReader(hello+c.line+"\r\n\n"+call), &out, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Errorf("Serve = %v; want nil", err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			refusals, answers := 0, 0
			for _, line := range lines {
				if !json.Valid([]byte(line)) {
					t.Errorf("Serve wrote %q; want a message a line", line)
				}
				if strings.HasPrefix(line, c.want) {
					refusals++
				}
				if strings.Contains(line, `"id":3`) && strings.Contains(line, `{"count":3}`) {
					answers++
				}
			}
			if len(lines) != 4 || refusals != 1 || answers != 1 {
				t.Errorf("Serve wrote %.500q; want %s…, and an answer to the call behind it", lines, c.want)
			}
		})
	}
}
