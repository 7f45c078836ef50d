package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
	"github.com/memista/memista/internal/domain"
)

// file puts a header before a body.
func file(header string, body []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), body...)
}

func TestWriteAndParse(t *testing.T) {
	want := &safetensors.File{
		Metadata: map[string]string{"format": "pt"},
		Tensors: map[string]safetensors.Tensor{
			"b": {DType: safetensors.I8, Shape: []int{2, 3}, Data: []byte{1, 2, 3, 4, 5, 255}},
			"a": {DType: safetensors.F32, Shape: []int{1}, Data: []byte{0, 0, 128, 63}},
			"c": {DType: safetensors.F16, Shape: []int{0, 7}, Data: []byte{}},
		},
	}
	var buf bytes.Buffer
	if err := safetensors.Write(&buf, want); err != nil {
		t.Fatal(err)
	}
	got, err := safetensors.Parse(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what was written comes back otherwise (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"a", "b", "c"}, got.Names()); d != "" {
		t.Errorf("Names (-want +got):\n%s", d)
	}
	t.Run("the numbers begin at a multiple of 8", func(t *testing.T) {
		if n := binary.LittleEndian.Uint64(buf.Bytes()); n%8 != 0 {
			t.Errorf("the header has %d bytes", n)
		}
	})
	t.Run("a tensor that is not as long as its shape is not written", func(t *testing.T) {
		bad := &safetensors.File{Tensors: map[string]safetensors.Tensor{"a": {DType: safetensors.F32, Shape: []int{2}, Data: []byte{1}}}}
		if err := safetensors.Write(&bytes.Buffer{}, bad); err == nil {
			t.Error("Write = nil; want an error")
		}
	})
}

func TestParseRefuses(t *testing.T) {
	one := `"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}`
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"no length":                     {[]byte{1, 2, 3}, "not even a length"},
		"a header longer than the file": {binary.LittleEndian.AppendUint64(nil, 10), "0 are left"},
		"a huge header":                 {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "more than"},
		"a header that is no JSON":      {file("{", nil), "no JSON object"},
		"a header that is no object":    {file("[]", nil), "no JSON object"},
		"a name twice":                  {file("{"+one+","+one+"}", make([]byte, 2)), "duplicate"},
		"an unknown type":               {file(`{"a":{"dtype":"F8","shape":[2],"data_offsets":[0,2]}}`, make([]byte, 2)), `"F8" is not known`},
		"an unknown member":             {file(`{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2],"x":1}}`, make([]byte, 2)), "x"},
		"a negative shape":              {file(`{"a":{"dtype":"I8","shape":[-2],"data_offsets":[0,2]}}`, make([]byte, 2)), "not possible"},
		"a shape that overflows":        {file(`{"a":{"dtype":"F64","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,2]}}`, make([]byte, 2)), "not possible"},
		"numbers past the end":          {file(`{"a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]}}`, make([]byte, 2)), "0 to 3 of 2"},
		"numbers that end first":        {file(`{"a":{"dtype":"I8","shape":[1],"data_offsets":[2,1]}}`, make([]byte, 2)), "2 to 1"},
		"a length that lies":            {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,2]}}`, make([]byte, 2)), "need 8"},
		"tensors that overlap":          {file(`{`+one+`,"b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}}`, make([]byte, 3)), "inside the one before"},
		"a gap":                         {file(`{`+one+`,"b":{"dtype":"I8","shape":[1],"data_offsets":[3,4]}}`, make([]byte, 4)), "nothing is said"},
		"bytes after the last tensor":   {file(`{`+one+`}`, make([]byte, 3)), "end at 2 of 3"},
		"notes that are no texts":       {file(`{"__metadata__":{"a":1},`+one+`}`, make([]byte, 2)), "no texts"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := safetensors.Parse(c.data)
			if !errors.Is(err, domain.ErrCorrupt) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Parse = %v, %v; want ErrCorrupt that says %q", f, err, c.says)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"__metadata__":{"x":"y"}}`, []byte{1, 2}))
	f.Add(file(`{"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"b":{"dtype":"I32","shape":[0],"data_offsets":[4,4]}}`, make([]byte, 4)))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := safetensors.Parse(data)
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Fatalf("Parse = %v; want ErrCorrupt", err)
			}
			return
		}
		var buf bytes.Buffer
		if err := safetensors.Write(&buf, file); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := safetensors.Parse(buf.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if d := cmp.Diff(file, again); d != "" {
			t.Fatalf("read, written and read again it differs:\n%s", d)
		}
	})
}
