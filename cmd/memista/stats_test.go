package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/api"
)

func TestStats(t *testing.T) {
	const n = 6000
	onBoth(t, func(t *testing.T, s *shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		s.ok(with("create", "rows", "--metric", "l2", "--ttl", "1h")...)
		s.ok(with("import", "rows", vectors(t, n))...)
		var st statsJSON
		if out := s.ok(with("stats", "rows", "--wait", "--json")...); json.Unmarshal([]byte(out), &st) != nil {
			t.Fatalf("stats --json printed %q", out)
		}
		if st.Chunks != n || st.Metric != api.L2 || st.TTLSeconds != 3600 || st.Graph == nil || st.Graph.Vectors != n || st.Graph.Sequence < st.Sequence {
			t.Errorf("stats = %+v, graph %+v; want all in the graph", st, st.Graph)
		}
		if out := s.ok(with("stats", "rows", "--wait")...); !strings.Contains(out, fmt.Sprintf("graph     %d vectors", n)) || !strings.Contains(out, `"metric":"l2"`) || !strings.Contains(out, "1h0m0s") {
			t.Errorf("stats printed\n%s", out)
		}
		s.fails(exitFailed, "not found", with("stats", "none", "--wait")...)
		if where == nil {
			s.fails(exitUsage, "--detach leaves the job to a server", "rebuild", "rows", "--detach")
			return
		}
		if out := s.ok(with("rebuild", "rows", "--detach")...); !strings.Contains(out, `rebuilds the index of "rows"`) {
			t.Errorf("rebuild --detach printed %q", out)
		}
		for end := time.Now().Add(time.Minute); !strings.Contains(s.ok(append([]string{"jobs"}, where...)...), "rebuild  "); {
			if time.Now().After(end) {
				t.Fatal(errors.New("the rebuild is not among the jobs"))
			}
		}
	})
}
