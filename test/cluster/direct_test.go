package cluster_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/test/cluster"
)

// direct is Weaviate without memista: what a failure costs there is not memista's doing.
type direct struct{ client *wire.Client }

const trialTenant = "one"

func trialPlace() wire.Place { return wire.Place{Class: "Trial", Tenant: trialTenant} }

func newDirect(t *testing.T, c *cluster.Cluster, replicas int) *direct {
	t.Helper()
	client, err := wire.New(wire.Options{Addresses: c.Addresses(), GRPC: c.GRPC()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx := within(t, patience)
	err = client.CreateClass(ctx, wire.Class{
		Name: "Trial", Vectorizer: "none", VectorIndexType: "hnsw",
		Properties:   []wire.Property{{Name: "key", DataType: []string{"text"}, Tokenization: "field"}},
		Replication:  &wire.Replication{Factor: replicas, Async: replicas > 1, Deletion: "TimeBasedResolution"},
		MultiTenancy: &wire.MultiTenancy{Enabled: true},
	})
	if err == nil {
		err = client.AddTenants(ctx, "Trial", wire.Tenant{Name: trialTenant})
	}
	if err != nil {
		t.Fatal(err)
	}
	return &direct{client}
}

func uuidOf(number int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(number)+1)
	return id
}

func (d *direct) insert(ctx context.Context, numbers []int) error {
	var objects []wire.Object
	for _, n := range numbers {
		objects = append(objects, wire.Object{ID: uuidOf(n), Vector: vectorOf(n), Properties: wire.Properties{"key": keyOf(n)}})
	}
	results, err := d.client.Put(ctx, trialPlace(), objects)
	return errors.Join(append(results, err)...)
}

func (d *direct) remove(ctx context.Context, n int) error {
	return d.client.Delete(ctx, trialPlace(), uuidOf(n))
}

func (d *direct) search(ctx context.Context, vector []float32) error {
	_, err := d.client.Search(ctx, wire.Query{Place: trialPlace(), Vector: vector, Limit: 10, Properties: []string{"key"}})
	return err
}

func (d *direct) present(ctx context.Context, n int) (bool, error) {
	_, found, err := d.client.Objects(ctx, trialPlace(), []uuid.UUID{uuidOf(n)}, false)
	return err == nil && found[0], err
}
