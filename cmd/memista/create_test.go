package main

import (
	"encoding/json"
	"testing"
)

func TestCreate(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		create := with("create", "d", "--dims", "3", "--metric", "cosine", "--m", "8", "--ef-construction", "64", "--ef-search", "32", "--storage", "f32", "--ttl", "1h", "--metadata", `{"model": "x"}`)
		for range 2 { // the second time it is there
			if out := s.ok(create...); out != "database \"d\" is there\n" {
				t.Errorf("create printed %q", out)
			}
		}
		var d struct {
			ID, Metric string
			Dimensions int
		}
		if err := json.Unmarshal([]byte(s.ok(with("databases", "--json")...)), &d); err != nil || d.ID != "d" || d.Metric != "cosine" || d.Dimensions != 3 {
			t.Errorf("databases = %+v, %v", d, err)
		}
		s.fails(exitFailed, "exists with other settings", with("create", "d", "--dims", "4")...)
		s.fails(exitFailed, "storage", with("create", "e", "--storage", "f1")...)
	})
	s := newShell(t)
	s.fails(exitUsage, "database_id may contain only", "create", "a/b")
	s.fails(exitUsage, `unknown metric "near"`, "create", "d", "--metric", "near")
	s.fails(exitUsage, "--ttl must be a whole number of seconds", "create", "d", "--ttl", "1ms")
	s.fails(exitUsage, "--metadata must be a JSON object", "create", "d", "--metadata", "[1]")
}
