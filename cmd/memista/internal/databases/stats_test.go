package databases_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestStats(t *testing.T) {
	const n = 6000
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		with := func(args ...string) []string { return append(args, where...) }
		s.OK(with("create", "rows", "--metric", "l2", "--ttl", "1h")...)
		s.OK(with("import", "rows", clitest.Vectors(t, n))...)
		var st struct {
			api.Stats
			TTLSeconds int64 `json:"ttl_seconds"`
		}
		if out := s.OK(with("stats", "rows", "--wait", "--json")...); json.Unmarshal([]byte(out), &st) != nil {
			t.Fatalf("stats --json printed %q", out)
		}
		if st.Chunks != n || st.Metric != api.L2 || st.TTLSeconds != 3600 || st.Graph == nil || st.Graph.Vectors != n || st.Graph.Sequence < st.Sequence {
			t.Errorf("stats = %+v, graph %+v; want all in the graph", st, st.Graph)
		}
		if out := s.OK(with("stats", "rows", "--wait")...); !strings.Contains(out, fmt.Sprintf("graph     %d vectors", n)) || !strings.Contains(out, `"metric":"l2"`) || !strings.Contains(out, "1h0m0s") {
			t.Errorf("stats printed\n%s", out)
		}
		s.Fails(cli.Failed, "not found", with("stats", "none", "--wait")...)
		if where == nil {
			s.Fails(cli.Usage, "--detach leaves the job to a server", "rebuild", "rows", "--detach")
			return
		}
		if out := s.OK(with("rebuild", "rows", "--detach")...); !strings.Contains(out, `rebuilds the index of "rows"`) {
			t.Errorf("rebuild --detach printed %q", out)
		}
		for end := time.Now().Add(time.Minute); !strings.Contains(s.OK(append([]string{"jobs"}, where...)...), "rebuild  "); {
			if time.Now().After(end) {
				t.Fatal(errors.New("the rebuild is not among the jobs"))
			}
		}
	})
}
