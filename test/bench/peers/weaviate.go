package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// weaviate is Weaviate with its defaults: cosine, 32 links, ef_construction 128, a dynamic
// ef, and inserts that are in the index when they are acknowledged.
type weaviate struct {
	binary string
	set    *vectors.Set
	proc   *process.Process
	port   string
	grpc   string
}

var _ peer = (*weaviate)(nil)

func (w *weaviate) start(ctx context.Context) error {
	ports, err := process.FreePorts(6)
	if err != nil {
		return err
	}
	w.port, w.grpc = ports[0], ports[1]
	w.proc, err = process.Start(ctx, process.Spec{
		Binary: w.binary, Args: []string{"--host", "127.0.0.1", "--port", w.port, "--scheme", "http", "--read-timeout", "10m", "--write-timeout", "10m"},
		Env: []string{
			"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true", "DEFAULT_VECTORIZER_MODULE=none", "DISABLE_TELEMETRY=true",
			"GO_PROFILING_DISABLE=true", "CLUSTER_HOSTNAME=node1", "CLUSTER_ADVERTISE_ADDR=127.0.0.1",
			"GRPC_PORT=" + w.grpc, "CLUSTER_GOSSIP_BIND_PORT=" + ports[2], "CLUSTER_DATA_BIND_PORT=" + ports[3],
			"RAFT_PORT=" + ports[4], "RAFT_INTERNAL_RPC_PORT=" + ports[5], "RAFT_BOOTSTRAP_EXPECT=1",
		},
		EnvIn: func(dir string) []string { return []string{"PERSISTENCE_DATA_PATH=" + filepath.Join(dir, "data")} },
		Ready: "http://127.0.0.1:" + w.port + "/v1/.well-known/ready", Within: startLimit,
	})
	if err != nil {
		return err
	}
	c := rest.New("127.0.0.1:" + w.port)
	defer c.Close()
	_, err = c.Do("/v1/schema", httpload.Encode(map[string]any{
		"class": "Word", "vectorizer": "none",
		"properties": []any{map[string]any{"name": "text", "dataType": []string{"text"}}},
	}))
	return err
}

func (w *weaviate) process() *process.Process { return w.proc }

func (w *weaviate) openREST() httpload.Conn { return rest.New("127.0.0.1:" + w.port) }

// insert is the batch route, whose chunks are in the index when it answers.
func (w *weaviate) insert() *httpload.Way {
	type object struct {
		Class      string            `json:"class"`
		ID         string            `json:"id"`
		Vector     []float32         `json:"vector"`
		Properties map[string]string `json:"properties"`
	}
	return &httpload.Way{
		Peer: "Weaviate", Name: "REST", Path: "/v1/batch/objects", Open: w.openREST,
		Body: func(from, to int) []byte {
			var objects []object
			for i := from; i < to; i++ {
				objects = append(objects, object{"Word", uuidOf(i), w.set.Rows[i], map[string]string{"text": w.set.Words[i]}})
			}
			return httpload.Encode(map[string]any{"objects": objects})
		},
		Check: func(answer []byte) error {
			if strings.Contains(string(answer), `"errors":{"error"`) {
				return fmt.Errorf("an object was refused: %.500s", answer)
			}
			return nil
		},
	}
}

// insertByGRPC is the same over gRPC.
func (w *weaviate) insertByGRPC() *httpload.Way {
	return &httpload.Way{
		Peer: "Weaviate", Name: "gRPC", Path: "/weaviate.v1.Weaviate/BatchObjects",
		Open: func() httpload.Conn { return newGRPC("127.0.0.1:" + w.grpc) },
		Body: func(from, to int) []byte {
			var b message
			for i := from; i < to; i++ {
				b = b.message(1, batchObject(uuidOf(i), w.set.Words[i], w.set.Rows[i]))
			}
			return b
		},
		Check: func(answer []byte) error {
			return fields(answer, func(n int, value []byte) error {
				if n == 2 {
					return fmt.Errorf("an object was refused: %q", value)
				}
				return nil
			})
		},
	}
}

// drained is always so: Weaviate answers an insert when it is in the index.
func (w *weaviate) drained(context.Context) (bool, error) { return true, nil }

func (w *weaviate) searches() []*httpload.Way {
	return []*httpload.Way{
		{
			Peer: "Weaviate", Name: "GraphQL", Path: "/v1/graphql", Open: w.openREST,
			Body: func(i, _ int) []byte {
				return httpload.Encode(map[string]string{"query": fmt.Sprintf(`{Get{Word(nearVector:{vector:%s} limit:%d){text _additional{id distance}}}}`, httpload.Encode(w.set.Queries[i]), k)})
			},
			Rows: rowsOfGraphQL,
		},
		{
			Peer: "Weaviate", Name: "gRPC", Path: "/weaviate.v1.Weaviate/Search",
			Open: func() httpload.Conn { return newGRPC("127.0.0.1:" + w.grpc) },
			Body: func(i, _ int) []byte { return searchRequest(w.set.Queries[i]) },
			Rows: rowsOfGRPC,
		},
	}
}

func rowsOfGraphQL(answer []byte) ([]int, error) {
	var a struct {
		Data struct {
			Get struct {
				Word []struct {
					Additional struct{ ID string } `json:"_additional"`
				}
			}
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(answer, &a); err != nil || len(a.Errors) > 0 {
		return nil, fmt.Errorf("answer %.300s: %w", answer, err)
	}
	var out []int
	for _, h := range a.Data.Get.Word {
		i, err := rowOfUUID(h.Additional.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

// uuidOf makes an id of a row number.
func uuidOf(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

func rowOfUUID(id string) (int, error) {
	_, number, _ := strings.Cut(id, "-4000-8000-")
	return strconv.Atoi(number)
}
