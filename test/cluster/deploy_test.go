package cluster_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/memista/memista/test/cluster"
)

// composed returns the environment of the first node in the compose file, with a key where
// that asks for one, without what says where the node is.
func composed(t *testing.T, key string) []string {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct{ Environment map[string]string }
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var env []string
	for name, value := range file.Services["weaviate-1"].Environment {
		where := name == "PERSISTENCE_DATA_PATH" || name == "CLUSTER_HOSTNAME" || name == "CLUSTER_JOIN" || strings.HasSuffix(name, "_PORT")
		if where || strings.HasPrefix(name, "RAFT_") {
			continue
		}
		if strings.HasPrefix(value, "${WEAVIATE_API_KEY") {
			value = key
		}
		env = append(env, name+"="+value)
	}
	return env
}

func TestTheSettingsOfComposeMakeAClusterThatAsksForItsKey(t *testing.T) {
	cluster.Enabled(t)
	const key = "a-long-random-text"
	env := composed(t, key)
	if !slices.Contains(env, "AUTHENTICATION_APIKEY_ALLOWED_KEYS="+key) || !slices.Contains(env, "CLUSTER_BASIC_AUTH_PASSWORD="+key) {
		t.Fatalf("the compose file has no keys: %v", env)
	}
	c := cluster.StartWith(t, cluster.Options{Nodes: 3, Env: env, APIKey: key})
	for sent, want := range map[string]int{"": http.StatusUnauthorized, "another": http.StatusUnauthorized, key: http.StatusOK} {
		req, err := http.NewRequestWithContext(within(t, patience), http.MethodPost, "http://"+c.Nodes[1].REST()+"/v1/schema", strings.NewReader(class))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if sent != "" {
			req.Header.Set("Authorization", "Bearer "+sent)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want {
			t.Errorf("a class made with the key %q: status %d; want %d", sent, res.StatusCode, want)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
