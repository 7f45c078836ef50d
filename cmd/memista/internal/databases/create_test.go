package databases_test

import (
	"encoding/json"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestCreate(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		create := with("create", "d", "--dims", "3", "--metric", "cosine", "--m", "8", "--ef-construction", "64", "--ef-search", "32", "--storage", "f32", "--ttl", "1h", "--metadata", `{"model": "x"}`)
		for range 2 { // the second time it is there
			if out := s.OK(create...); out != "database \"d\" is there\n" {
				t.Errorf("create printed %q", out)
			}
		}
		var d struct {
			ID, Metric string
			Dimensions int
		}
		if err := json.Unmarshal([]byte(s.OK(with("databases", "--json")...)), &d); err != nil || d.ID != "d" || d.Metric != "cosine" || d.Dimensions != 3 {
			t.Errorf("databases = %+v, %v", d, err)
		}
		s.OK(with("create", "exact", "--engine", "flat")...)
		s.Fails(cli.Failed, "engine is flat and not hnsw", with("create", "exact", "--engine", "hnsw")...)
		s.Fails(cli.Failed, "exists with other settings", with("create", "d", "--dims", "4")...)
		s.Fails(cli.Failed, "storage", with("create", "e", "--storage", "f1")...)
	})
	s := clitest.New(t)
	s.Fails(cli.Usage, "database_id may contain only", "create", "a/b")
	s.Fails(cli.Usage, `unknown metric "near"`, "create", "d", "--metric", "near")
	s.Fails(cli.Usage, "--ttl must be a whole number of seconds", "create", "d", "--ttl", "1ms")
	s.Fails(cli.Usage, "--metadata must be a JSON object", "create", "d", "--metadata", "[1]")
}
