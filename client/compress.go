package client

import (
	"bytes"
	"compress/gzip"
	"sync"
)

// compressAbove is from what size on requests are compressed where that is asked for.
const compressAbove = 16 << 10

// packers holds *gzip.Writer, which are large.
var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for unknown levels only
	return w
}}

// pack returns body compressed with gzip.
func pack(body []byte) []byte {
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	_, _ = w.Write(body) // memory takes everything
	_ = w.Close()
	return b.Bytes()
}
