package chunks_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/adapters/rerank/servertest"
	"github.com/memista/memista/internal/ports/reranktest"
)

func TestRerank(t *testing.T) {
	if !clitest.Build.FullText {
		t.Skip("this build has no full text")
	}
	from := statictest.New().Write(t)
	s := clitest.New(t)
	s.OK("model", "pull", from, "--name", "tiny")
	s.File("a.txt", "The river and the house by the water are old.\n")
	s.File("b.txt", "The river\n")
	s.OK("add", "d", "a.txt", "b.txt", "--embedder", "static/tiny")
	s.Fails(cli.Failed, "this memista has no reranker", "search", "d", "--hybrid", "river", "--rerank", "9")
	s.Fails(cli.Failed, "MEMISTA_RERANK_URL is the address of a server with /rerank", "ask", "d", "river", "--rerank", "9")
	s.Fails(cli.Failed, "MEMISTA_OPENAI_URL is the address", "create", "e", "--embedder", "openai/m")
	if help := s.OK("ask", "--help"); !strings.Contains(help, "--rerank int") || strings.Contains(help, "configured (default") {
		t.Errorf("the help of ask is %s; want --rerank without a default, as without it nothing is ranked again", help)
	}

	ranks := servertest.New(t, reranktest.NewMemory())
	t.Setenv("MEMISTA_RERANK_URL", ranks.URL)
	s.Fails(cli.Failed, "MEMISTA_RERANK_MODEL", "ask", "d", "river", "--rerank", "9")
	t.Setenv("MEMISTA_RERANK_API", "tei")
	t.Setenv("MEMISTA_RERANK_KEY", "a-key-that-nobody-sees")
	for _, args := range [][]string{
		{"search", "d", "--hybrid", "river", "--rerank", "9", "--explain"}, {"search", "d", "--text", "river", "--rerank", "9"}, {"search", "d", "--near", "river", "--rerank", "9"},
		{"ask", "d", "river", "--rerank", "9"},
	} {
		out := s.OK(args...)
		short, long := strings.Index(out, "The river\n"), strings.Index(out, "by the water")
		if short < 0 || short > long && long >= 0 {
			t.Errorf("memista %s printed %s; want the short passage first", strings.Join(args, " "), out)
		}
		if requests := ranks.Requests(); len(requests) != 1 || requests[0].Header.Get("Authorization") != "Bearer a-key-that-nobody-sees" {
			t.Errorf("memista %s asked %d times; want once, with the key", strings.Join(args, " "), len(requests))
		}
		if strings.Contains(strings.Join(args, " "), "--explain") && !strings.Contains(out, "2 texts by tei") {
			t.Errorf("memista search --explain printed %s; want what was ranked again", out)
		}
	}
	s.OK("search", "d", "--hybrid", "river")
	s.OK("ask", "d", "river")
	if n := len(ranks.Requests()); n != 0 {
		t.Errorf("searches without --rerank asked %d times", n)
	}
	s.Fails(cli.Usage, "--rerank is for a search with --text, --near or --hybrid", "search", "d", "--like", "1", "--rerank", "9")
	s.Fails(cli.Usage, "--rerank must be at least 1", "search", "d", "--text", "x", "--rerank", "0")
	s.Fails(cli.Usage, "--rerank must be at least 1", "ask", "d", "x", "--rerank", "0")
	s.Fails(cli.Failed, "top must be at least offset + k", "search", "d", "--text", "x", "--rerank", "2")
}
