package service_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// hello begins a session, and asks for the tools.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"count","arguments":{"database":"d"}}}
`

func TestMCP(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		s.ImportAnimals(where)
		for _, write := range []bool{false, true} {
			args := append([]string{"mcp"}, where...)
			if write {
				args = append(args, "--write")
			}
			s.In = hello
			out := s.OK(args...)
			s.In = ""
			for line := range strings.Lines(out) {
				if !json.Valid([]byte(line)) {
					t.Errorf("memista %q printed %q; want messages only", args, line)
				}
			}
			if !strings.Contains(out, `"name":"search"`) || strings.Contains(out, `"name":"remember"`) != write || !strings.Contains(out, `{"count":3}`) {
				t.Errorf("memista %q printed %s", args, out)
			}
		}
	})
}

func TestMCPNeedsAFileToRead(t *testing.T) {
	s := clitest.New(t)
	s.Fails(cli.Failed, "there is no data file", "mcp")
	s.In = hello
	if out := s.OK("mcp", "--write"); !strings.Contains(out, `"name":"remember"`) {
		t.Errorf("memista mcp --write without a file printed %s; want it made", out)
	}
	t.Setenv("MEMISTA_MCP_WRITE", "true")
	if out := s.OK("mcp"); !strings.Contains(out, `"name":"remember"`) {
		t.Errorf("memista mcp with the setting mcp_write printed %s; want the tools that write", out)
	}
}
