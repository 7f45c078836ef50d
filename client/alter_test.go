package client_test

import (
	"errors"
	"testing"
	"time"

	"github.com/memista/memista/client"
)

func TestUpdate(t *testing.T) {
	c, ctx := connectWords(t), t.Context()
	ttl := 90 * time.Second
	d, err := c.Update(ctx, "d", client.Update{TTL: &ttl, EfSearch: new(40), Metadata: client.Meta(map[string]any{"a": 1})})
	if err != nil || d.TTL != ttl || d.EfSearch != 40 || d.Metadata.String() != `{"a":1}` || d.FullText != client.Words {
		t.Errorf("Update = %+v, %v; want them changed at once", d, err)
	}
	d, err = c.Update(ctx, "d", client.Update{TTL: new(time.Duration(0)), EfSearch: new(0), Metadata: client.Meta(nil), FullText: new(client.Tokenizer(""))})
	if err != nil || d.TTL != 0 || d.EfSearch != 0 || !d.Metadata.IsZero() || d.FullText != "" {
		t.Errorf("Update to the defaults = %+v, %v", d, err)
	}
	j, err := c.StartUpdate(ctx, "d", client.Update{Metric: new(client.InnerProduct), FullText: new(client.English)})
	if err != nil || j == nil || j.Kind != "alter" {
		t.Fatalf("StartUpdate of the metric = %+v, %v; want a job", j, err)
	}
	if ended, err := c.WaitJob(ctx, j.ID); err != nil || ended.State != client.JobDone || ended.Err != nil {
		t.Errorf("WaitJob = %+v, %v; want it done", ended, err)
	}
	if d, err := c.Describe(ctx, "d"); err != nil || d.Metric != client.InnerProduct || d.FullText != client.English {
		t.Errorf("Describe after the job = %+v, %v; want ip and english", d, err)
	}
	if d, err = c.Update(ctx, "d", client.Update{Metric: new(client.L2)}); err != nil || d.Metric != client.L2 {
		t.Errorf("Update of the metric = %+v, %v; want it to have waited", d, err)
	}
	if _, err := c.Update(ctx, "d", client.Update{}); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("Update of nothing = %v; want ErrInvalid", err)
	}
}
