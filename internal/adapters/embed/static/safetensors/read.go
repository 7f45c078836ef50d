package safetensors

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

const (
	// maxHeader is more than the header of any table of embeddings takes, which is some
	// hundred bytes; a transformer's takes some hundred thousand.
	maxHeader = 1 << 20
	metadata  = "__metadata__"
)

// entry is what the header says of a tensor.
type entry struct {
	DType   DType    `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Parse reads the file whose bytes are data. The tensors share its memory. What is not as
// the format has it is domain.ErrCorrupt: the tensors must lie one after the other, fill the
// file, and be as long as their types and shapes say.
func Parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, corrupt("the file has %d bytes, and not even a length of a header", len(data))
	}
	size, rest := binary.LittleEndian.Uint64(data), data[8:]
	if size > maxHeader {
		return nil, corrupt("the header would have %d bytes, more than %d", size, maxHeader)
	}
	if size > uint64(len(rest)) {
		return nil, corrupt("the header would have %d bytes, and %d are left in the file", size, len(rest))
	}
	header, body := rest[:size], rest[size:]
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(header, &raw); err != nil {
		return nil, corrupt("the header is no JSON object: %v", err)
	}
	f := &File{Tensors: make(map[string]Tensor, len(raw))}
	entries := make(map[string]entry, len(raw))
	for name, value := range raw {
		if name == metadata {
			if err := json.Unmarshal(value, &f.Metadata); err != nil {
				return nil, corrupt("the notes in the header are no texts: %v", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(value, &e, json.RejectUnknownMembers(true)); err != nil {
			return nil, corrupt("tensor %q: %v", name, err)
		}
		t, err := e.tensor(body)
		if err != nil {
			return nil, domain.At(err, "tensor "+name)
		}
		f.Tensors[name], entries[name] = t, e
	}
	if err := filled(entries, int64(len(body))); err != nil {
		return nil, err
	}
	return f, nil
}

// tensor returns the tensor whose numbers are in body.
func (e entry) tensor(body []byte) (Tensor, error) {
	size, ok := sizes[e.DType]
	if !ok {
		return Tensor{}, corrupt("the type %q is not known", e.DType)
	}
	t := Tensor{DType: e.DType}
	for _, n := range e.Shape {
		if n < 0 || n > math.MaxInt32 || n > 0 && size > math.MaxInt64/n {
			return Tensor{}, corrupt("the shape %v is not possible", e.Shape)
		}
		size *= n
		t.Shape = append(t.Shape, int(n))
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end < begin || end > int64(len(body)) {
		return Tensor{}, corrupt("its numbers would be at %d to %d of %d bytes", begin, end, len(body))
	}
	if end-begin != size {
		return Tensor{}, corrupt("it has %d bytes; type %s and shape %v need %d", end-begin, e.DType, e.Shape, size)
	}
	t.Data = body[begin:end:end]
	return t, nil
}

// filled checks that the tensors fill size bytes, one after the other.
func filled(entries map[string]entry, size int64) error {
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return slices.Compare(x[:], y[:])
	})
	at := int64(0)
	for _, name := range names {
		if begin := entries[name].Offsets[0]; begin < at {
			return corrupt("tensor %q begins at %d, inside the one before it, which ends at %d", name, begin, at)
		} else if begin > at {
			return corrupt("nothing is said of the bytes %d to %d, before tensor %q", at, begin, name)
		}
		at = entries[name].Offsets[1]
	}
	if at != size {
		return corrupt("the tensors end at %d of %d bytes", at, size)
	}
	return nil
}

func corrupt(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, format, args...)
}
