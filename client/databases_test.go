package client_test

import (
	"slices"
	"testing"

	"github.com/memista/memista/client"
)

func TestPagesOfDatabases(t *testing.T) {
	c := connect(t)
	for _, id := range []string{"a/1", "a-1", "a-2", "a-3", "b"} {
		_, err := c.Create(t.Context(), id, &client.Settings{})
		if (err != nil) != (id == "a/1") {
			t.Fatalf("Create(%q) = %v", id, err)
		}
	}
	var ids []string
	o := client.DatabasesOptions{Prefix: "a-", Limit: 2}
	for pages := 1; ; pages++ {
		page, err := c.DatabasesPage(t.Context(), &o)
		if err != nil || pages > 2 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, d := range page.Databases {
			ids = append(ids, d.ID)
		}
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	if want := []string{"a-1", "a-2", "a-3"}; !slices.Equal(ids, want) {
		t.Errorf("pages of a-…: %q; want %q", ids, want)
	}
	if all, err := c.DatabasesPage(t.Context(), nil); err != nil || len(all.Databases) != 4 || all.Next != "" {
		t.Errorf("DatabasesPage(nil) = %+v, %v; want 4", all, err)
	}
}
