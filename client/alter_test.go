package client_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/memista/memista/client"
)

func TestUpdate(t *testing.T) {
	c, ctx := connectWords(t), t.Context()
	ttl := 90 * time.Second
	d, j, err := c.Update(ctx, "d", client.Update{TTL: &ttl, EfSearch: new(40), Metadata: json.RawMessage(`{"a":1}`)})
	if err != nil || j != nil || d.TTLSeconds != 90 || d.EfSearch != 40 || string(d.Metadata) != `{"a":1}` || d.FullText != client.Words {
		t.Errorf("Update = %+v, %+v, %v; want them changed at once", d, j, err)
	}
	d, j, err = c.Update(ctx, "d", client.Update{TTL: new(time.Duration(0)), EfSearch: new(0), Metadata: json.RawMessage("null"), FullText: new(client.Tokenizer(""))})
	if err != nil || j != nil || d.TTLSeconds != 0 || d.EfSearch != 0 || string(d.Metadata) != "null" || d.FullText != "" {
		t.Errorf("Update to the defaults = %+v, %+v, %v", d, j, err)
	}
	_, j, err = c.Update(ctx, "d", client.Update{Metric: new("ip"), FullText: new(client.English)})
	if err != nil || j == nil || j.Kind != "alter" {
		t.Fatalf("Update of the metric = %+v, %v; want a job", j, err)
	}
	for deadline := time.Now().Add(time.Minute); j.State == "running" && time.Now().Before(deadline); {
		now, err := c.Job(ctx, j.ID)
		if err != nil {
			t.Fatal(err)
		}
		j = &now
	}
	if d, err := c.Database(ctx, "d"); err != nil || d.Metric != "ip" || d.FullText != client.English {
		t.Errorf("Database after job %+v = %+v, %v; want ip and english", j, d, err)
	}
	if _, _, err := c.Update(ctx, "d", client.Update{}); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("Update of nothing = %v; want ErrInvalid", err)
	}
}
