package filterlang_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// TestElementsAreSteppedOverWithoutMemory looks for one element of a long array: the path says
// which, and no text is made of the others' places.
func TestElementsAreSteppedOverWithoutMemory(t *testing.T) {
	f, err := filterlang.Parse([]byte(`{"$.list[900].a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := domain.MetadataObject([]byte(`{"list":[` + strings.Repeat(`{"a":2},`, 900) + `{"a":1},{"a":3}]}`))
	if err != nil {
		t.Fatal(err)
	}
	c := &domain.Chunk{Metadata: m}
	if !f.Matches(c) {
		t.Errorf("%v does not select it", f)
	}
	if n := testing.AllocsPerRun(10, func() { f.Matches(c) }); n > 20 {
		t.Errorf("a look at 902 elements allocates %v times; want no more than for one", n)
	}
}
