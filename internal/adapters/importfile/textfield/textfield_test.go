package textfield_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/importfile/textfield"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ name, object, path, want string }{
		{"document first", `{"text":"b","document":"a"}`, "", "a"},
		{"one that is no string is passed over", `{"document":7,"content":"c"}`, "", "c"},
		{"one that is empty, too", `{"document":"","content":"c"}`, "", "c"},
		{"none", `{"title":"t"}`, "", ""},
		{"by its name", `{"title":"t","text":"x"}`, "title", "t"},
		{"a name that is not there", `{"text":"x"}`, "title", ""},
		{"in an object", `{"meta":{"body":{"de":"Text"}}}`, "meta.body.de", "Text"},
		{"a name with a dot", `{"meta.body":"with","meta":{"body":"in"}}`, "meta.body", "with"},
		{"through what is no object", `{"meta":"m"}`, "meta.body", ""},
		{"no object", `[1]`, "", ""},
		{"null", `null`, "text", ""},
		{"nothing", ``, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := textfield.Find([]byte(c.object), c.path); got != c.want {
				t.Errorf("Find(%s, %q) = %q; want %q", c.object, c.path, got, c.want)
			}
		})
	}
}
