package main

import (
	"strings"
	"testing"
)

func TestAlter(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shell, where []string) {
		threeAndWords(t, s, where)
		with := func(args ...string) []string { return append(args, where...) }
		first := func(want string) {
			t.Helper()
			if out := s.ok(with("search", "d", "2", "-k1")...); strings.Split(out, "\t")[1] != want {
				t.Errorf("search printed %q; want chunk %s first", out, want)
			}
		}
		first("2")
		s.ok(with("alter", "d", "--ttl", "1h", "--ef-search", "50", "--metadata", `{"a":1}`)...)
		if out := s.ok(with("alter", "d", "--metric", "ip", "--ttl", "0")...); !strings.Contains(out, "altered") {
			t.Errorf("alter printed %q", out)
		}
		first("3")
		if thisBuild().FullText {
			s.ok(with("alter", "d", "--full-text=trigram")...)
			if out := s.ok(with("search", "d", "--text", "at")...); !strings.Contains(out, "red cat") {
				t.Errorf("search --text at printed %q; want the cat", out)
			}
			s.ok(with("alter", "d", "--full-text=false")...)
			s.fails(exitFailed, "has no full text", with("search", "d", "--text", "at")...)
		}
		s.fails(exitFailed, "metric is ip and not cosine", with("create", "d", "--metric", "cosine")...)
		s.fails(exitFailed, "m must be between 2 and 256", with("alter", "d", "--m", "1")...)
		s.fails(exitFailed, "not found", with("alter", "none", "--m", "8")...)
	})
	s := newShell(t)
	s.fails(exitUsage, "give at least one setting", "alter", "d")
	s.fails(exitUsage, "--metric must be", "alter", "d", "--metric", "dot")
	s.fails(exitUsage, "--ttl must be", "alter", "d", "--ttl", "1ms")
}
