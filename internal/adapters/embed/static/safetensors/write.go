package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
)

// Write writes the file. Equal files are written as equal bytes.
func Write(w io.Writer, f *File) error {
	header := map[string]any{}
	if f.Metadata != nil {
		header[metadata] = f.Metadata
	}
	at := int64(0)
	for _, name := range f.Names() {
		t := f.Tensors[name]
		e := entry{DType: t.DType, Offsets: [2]int64{at, at + int64(len(t.Data))}}
		for _, n := range t.Shape {
			e.Shape = append(e.Shape, int64(n))
		}
		if _, err := (entry{DType: t.DType, Shape: e.Shape, Offsets: [2]int64{0, int64(len(t.Data))}}).tensor(t.Data); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		header[name], at = e, e.Offsets[1]
	}
	text, err := json.Marshal(header, json.Deterministic(true))
	if err != nil {
		return err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ') // so that the numbers begin where a reader may map them
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, name := range f.Names() {
		if _, err := w.Write(f.Tensors[name].Data); err != nil {
			return err
		}
	}
	return nil
}
