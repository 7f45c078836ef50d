//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// TestAgentOnStdio drives the binary as an agent does, with a client of others.
func TestAgentOnStdio(t *testing.T) {
	dir := t.TempDir()
	for _, write := range []bool{true, false} {
		args := []string{"mcp"}
		if write {
			args = append(args, "--write")
		}
		cmd := command(dir, []string{"DATABASE_PATH=" + dir + "/notes.db"}, args...)
		var log bytes.Buffer
		cmd.Stderr = &log
		s, err := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
		if err != nil {
			t.Fatalf("connect: %v\n%s", err, &log)
		}
		list, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_databases"})
		if err != nil || list.IsError {
			t.Errorf("list_databases = %+v, %v", list, err)
		}
		// There is no embedder, so nothing can be remembered; but the tool is there.
		res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: "remember", Arguments: json.RawMessage(`{"database":"d","items":[{"key":"a","text":"x"}]}`)})
		if (err == nil) != write || write && !strings.Contains(res.Content[0].(*mcp.TextContent).Text, "embedding cannot be empty") {
			t.Errorf("remember with write %v = %+v, %v", write, res, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("the end: %v", err)
		}
		if code := cmd.ProcessState.ExitCode(); code != 0 || log.Len() > 0 {
			t.Errorf("memista mcp ended with %d and said %s", code, &log)
		}
	}
}

func TestAgentEndsOnSIGTERM(t *testing.T) {
	dir := t.TempDir()
	cmd := command(dir, []string{"DATABASE_PATH=" + dir + "/notes.db"}, "mcp", "--write")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	if _, err := in.Write([]byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is up
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM, with its input open: %v", err)
	}
}

// TestAgentOverHTTP looks at what the settings of a server let an agent do.
func TestAgentOverHTTP(t *testing.T) {
	for settings, want := range map[string]string{
		"":                        "search",
		"MEMISTA_MCP_WRITE=true":  "search remember",
		"MEMISTA_MCP_WRITE=false": "search",
	} {
		s := serve(t, t.TempDir(), []string{settings})
		c, err := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.URL + "/mcp"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tools, err := c.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range tools.Tools {
			if tool.Name == "search" || tool.Name == "remember" {
				names = append(names, tool.Name)
			}
		}
		slices.Sort(names)
		slices.Reverse(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("with %q the tools are %s; want %s", settings, got, want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	s := serve(t, t.TempDir(), []string{"MEMISTA_MCP=false"})
	if _, err := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.URL + "/mcp"}, nil); err == nil {
		t.Error("a server with mcp: false speaks the protocol")
	}
}
