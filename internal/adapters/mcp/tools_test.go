package mcp_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain/filterlang"
)

const (
	readers   = "count describe_database get list_databases search"
	everybody = "count describe_database forget get list_databases remember search update"
)

// everyway runs a test on each way to a service: on pipes over it, on pipes over a client of
// its server, and over HTTP.
func everyway(t *testing.T, o mcp.Options, test func(t *testing.T, s *session, db api.Service)) {
	t.Helper()
	t.Run("over the library", func(t *testing.T) {
		db := newService(t)
		test(t, overPipes(t, db, o), db)
	})
	t.Run("over a client", func(t *testing.T) {
		db := newService(t)
		test(t, overPipes(t, toServer(t, overHTTP(t, db, o, web.Options{})), o), db)
	})
	t.Run("over HTTP", func(t *testing.T) {
		db := newService(t)
		test(t, toHTTP(t, overHTTP(t, db, o, web.Options{}), ""), db)
	})
}

func TestTools(t *testing.T) {
	for write, want := range map[bool]string{false: readers, true: everybody} {
		everyway(t, mcp.Options{Write: write, Version: "1.2.3"}, func(t *testing.T, s *session, _ api.Service) {
			tools := s.tools()
			if got := names(tools); got != want {
				t.Errorf("the tools are %s; want %s", got, want)
			}
			for _, tool := range tools {
				reads := strings.Contains(readers, tool.Name)
				a := tool.Annotations
				if a == nil || a.Title == "" || a.ReadOnlyHint != reads || !a.IdempotentHint || *a.DestructiveHint == reads || *a.OpenWorldHint {
					t.Errorf("%s has the annotations %+v", tool.Name, a)
				}
				if len(tool.Description) < 50 {
					t.Errorf("%s says of itself only %q", tool.Name, tool.Description)
				}
				in, _ := tool.InputSchema.(map[string]any)
				out, _ := tool.OutputSchema.(map[string]any)
				if in["type"] != "object" || out["type"] != "object" || in["additionalProperties"] == nil {
					t.Errorf("%s has the schemas %v and %v", tool.Name, in, out)
				}
			}
			about := s.InitializeResult()
			if about.ServerInfo.Name != "memista" || about.ServerInfo.Version != "1.2.3" || strings.Contains(about.Instructions, "remember") != write {
				t.Errorf("the server says %+v, %q", about.ServerInfo, about.Instructions)
			}
		})
	}
}

// TestToolsTellTheOperators compares with what the errors of filters list.
func TestToolsTellTheOperators(t *testing.T) {
	operators := regexp.MustCompile(`\$[a-z_]+`)
	s := overPipes(t, newService(t), mcp.Options{})
	for _, tool := range s.tools() {
		if tool.Name != "search" && tool.Name != "count" {
			continue
		}
		for _, wrong := range []string{`{"a":{"$":1}}`, `{"$":1}`} {
			_, err := filterlang.Parse([]byte(wrong))
			known := operators.FindAllString(fmt.Sprint(err), -1)
			if len(known) < 5 {
				t.Fatalf("Parse(%s) = %v; want the operators", wrong, err)
			}
			for _, op := range known {
				if told := operators.FindAllString(tool.Description, -1); !slices.Contains(told, op) {
					t.Errorf("%s does not tell of %s", tool.Name, op)
				}
			}
		}
	}
}

type hits struct {
	Search string
	Hits   []chunk
}

type chunk struct {
	ID        int64
	Key       string
	URI       string
	Text      string
	Metadata  map[string]any
	Score     float64
	ExpiresAt string `json:"expires_at"`
	Note      string
}

func keys(list []chunk) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Key)
	}
	return strings.Join(out, " ")
}

func TestMemory(t *testing.T) {
	everyway(t, mcp.Options{Write: true}, func(t *testing.T, s *session, _ api.Service) {
		if got, want := s.call("remember", `{"database":"notes","items":[
			{"key":"editor","text":"the user edits with vim","metadata":{"topic":"tools","n":9007199254740993}},
			{"key":"tea","text":"the user drinks green tea","metadata":{"topic":"taste","n":2}},
			{"key":"soon","text":"the meeting is at noon","ttl_seconds":3600}]}`), `{"ids":[1,2,3]}`; got != want {
			t.Fatalf("remember = %s; want %s", got, want)
		}
		var found hits
		s.into(&found, "search", `{"database":"notes","query":"the user drinks green tea","limit":2}`)
		if found.Search != "meaning" || len(found.Hits) != 2 || found.Hits[0].Key != "tea" || found.Hits[0].URI != "memista://notes/chunks/2" || found.Hits[0].Score < 0.99 {
			t.Errorf("search = %+v; want the tea first", found)
		}
		s.into(&found, "search", `{"database":"notes","query":"tea","filter":{"topic":"tools"}}`)
		if keys(found.Hits) != "editor" {
			t.Errorf("search with a filter found %s; want the editor", keys(found.Hits))
		}
		if got := s.call("count", `{"database":"notes","filter":{"n":9007199254740993}}`); got != `{"count":1}` {
			t.Errorf("count of a number that is no float64 = %s; want 1", got)
		}
		if got := s.call("get", `{"database":"notes","key":"editor"}`); !strings.Contains(got, `"n":9007199254740993`) {
			t.Errorf("get = %s; want n with all of its digits", got)
		}
		var one chunk
		s.into(&one, "get", `{"database":"notes","id":3}`)
		if one.Key != "soon" || one.ExpiresAt == "" {
			t.Errorf("get = %+v; want the one that expires", one)
		}
		s.into(&one, "update", `{"database":"notes","key":"tea","text":"the user drinks coffee","metadata":{"n":null,"seen":true}}`)
		if one.Text != "the user drinks coffee" || fmt.Sprint(one.Metadata) != "map[seen:true topic:taste]" {
			t.Errorf("update = %+v; want the new text and the merged metadata", one)
		}
		s.into(&found, "search", `{"database":"notes","query":"the user drinks coffee","limit":1}`)
		if len(found.Hits) != 1 || found.Hits[0].Key != "tea" || found.Hits[0].Score < 0.99 {
			t.Errorf("search after the update = %+v; want that chunk, by its new text", found)
		}
		s.into(&one, "update", `{"database":"notes","id":1,"metadata":{"topic":"editors"}}`)
		if one.Text != "the user edits with vim" || one.Metadata["topic"] != "editors" {
			t.Errorf("update of the metadata = %+v", one)
		}
		if got := s.call("remember", `{"database":"notes","items":[{"key":"tea","text":"the user drinks mate"}]}`); got != `{"ids":[2]}` {
			t.Errorf("remember of a key that exists = %s; want its id", got)
		}
		if got := s.call("forget", `{"database":"notes","keys":["tea","nothing"]}`); got != `{"forgotten":1}` {
			t.Errorf("forget by keys = %s; want 1", got)
		}
		if got := s.call("forget", `{"database":"notes","ids":[1,99]}`); got != `{"forgotten":1}` {
			t.Errorf("forget by ids = %s; want 1", got)
		}
		if got := s.call("count", `{"database":"notes"}`); got != `{"count":1}` {
			t.Errorf("count at the end = %s; want 1", got)
		}
	})
}

// fill makes a database of each kind, with three chunks.
func fill(t *testing.T, db api.Service) {
	t.Helper()
	embedder := api.Embedder{Provider: "ollama", Model: "words"}
	for id, set := range map[string]*api.Settings{
		"both":    {Embedder: embedder, FullText: api.Words, Metadata: api.Meta(map[string]string{"about": "pets"})},
		"meaning": {Embedder: embedder},
		"words":   {Dims: 1, FullText: api.English},
		"neither": {Dims: 1},
	} {
		if _, err := db.Create(t.Context(), id, set); err != nil {
			t.Fatal(err)
		}
		var chunks []api.Chunk
		for i, text := range []string{"red cat", "red dog", "blue dog"} {
			c := api.Chunk{Key: fmt.Sprint("k", i), Text: text, Metadata: api.Meta(map[string]any{
				"n": i, "tags": []string{"a", "b"}, "author": map[string]any{"name": "ann"}, "a.b": nil, "$price": 1.5, "ok": i > 0,
			})}
			if set.Embedder == (api.Embedder{}) {
				c.Embedding = []float32{float32(i + 1)}
			}
			chunks = append(chunks, c)
		}
		if _, err := db.Insert(t.Context(), id, chunks, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSearchKinds(t *testing.T) {
	db := newService(t)
	fill(t, db)
	s := overPipes(t, db, mcp.Options{})
	for id, query := range map[string]string{"both": "blue dog", "meaning": "blue dog", "words": "blue"} {
		var found hits
		s.into(&found, "search", fmt.Sprintf(`{"database":%q,"query":%q}`, id, query))
		want := id
		if id == "both" {
			want = "hybrid"
		}
		if found.Search != want || len(found.Hits) == 0 || found.Hits[0].Key != "k2" {
			t.Errorf("search in %s = %+v; want %s, the blue dog first", id, found, want)
		}
	}
	if got := s.refused("search", `{"database":"neither","query":"dog"}`); !strings.Contains(got, "neither an embedder nor full text") {
		t.Errorf("search in neither says %q", got)
	}
	// What no word or an odd one is in finds by meaning alone, or nothing.
	for _, query := range []string{`?!`, `\"`, `a AND (`, `NEAR/2 *`, `col:x`} {
		var found hits
		s.into(&found, "search", fmt.Sprintf(`{"database":"both","query":"%s"}`, query))
	}
}

func TestDescribe(t *testing.T) {
	db := newService(t)
	fill(t, db)
	s := overPipes(t, db, mcp.Options{})
	want := `{"id":"both","chunks":3,"search":"hybrid","embedder":"ollama/words","dimensions":24,"full_text":"words","metadata":{"about":"pets"},"sampled":3,"fields":[` +
		`{"name":"\\$price","types":["number"],"chunks":3,"examples":["1.5"]},` +
		`{"name":"a\\.b","types":["null"],"chunks":3,"examples":["null"]},` +
		`{"name":"author.name","types":["string"],"chunks":3,"examples":["\"ann\""]},` +
		`{"name":"n","types":["number"],"chunks":3,"examples":["0","1","2"]},` +
		`{"name":"ok","types":["boolean"],"chunks":3,"examples":["false","true"]},` +
		`{"name":"tags","types":["array of string"],"chunks":3,"examples":["[\"a\",\"b\"]"]}]}`
	if got := s.call("describe_database", `{"database":"both"}`); got != want {
		t.Errorf("describe_database = %s\nwant %s", got, want)
	}
	for _, filter := range []string{`{"\\$price":1.5}`, `{"a\\.b":null}`, `{"author.name":"ann"}`, `{"tags":"a"}`} {
		if got := s.call("count", `{"database":"both","filter":`+filter+`}`); got != `{"count":3}` {
			t.Errorf("count with %s = %s; want 3: fields are named as filters name them", filter, got)
		}
	}
	var list struct {
		Databases []struct{ ID, Search string }
		Next      string
	}
	s.into(&list, "list_databases", `{"limit":3}`)
	if fmt.Sprint(list) != "{[{both hybrid} {meaning meaning} {neither none}] neither}" {
		t.Errorf("list_databases = %v", list)
	}
	list.Next = ""
	s.into(&list, "list_databases", `{"limit":3,"after":"neither"}`)
	if fmt.Sprint(list) != "{[{words words}] }" {
		t.Errorf("the second page of list_databases = %v", list)
	}
}

func TestResources(t *testing.T) {
	everyway(t, mcp.Options{}, func(t *testing.T, s *session, db api.Service) {
		fill(t, db)
		templates, err := s.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(templates.ResourceTemplates) != 1 || templates.ResourceTemplates[0].URITemplate != "memista://{database}/chunks/{id}" {
			t.Errorf("ListResourceTemplates = %+v, %v", templates, err)
		}
		text, err := read(t, s, "memista://both/chunks/2")
		if want := s.call("get", `{"database":"both","id":2}`); err != nil || text != want {
			t.Errorf("the resource is %s, %v; want %s", text, err, want)
		}
		for uri, want := range map[string]string{
			"memista://both/chunks/99":   "99",
			"memista://nobody/chunks/1":  "Database 'nobody' not found",
			"memista://both/chunks/x":    "not found",
			"memista://both/other/1":     "not found",
			"file:///etc/passwd":         "not found",
			"memista://bo%zzth/chunks/1": "not found",
		} {
			if text, err := read(t, s, uri); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s = %s, %v; want an error with %q", uri, text, err, want)
			}
		}
	})
}
