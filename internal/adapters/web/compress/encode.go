package compress

import (
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// gzipWriters holds *gzip.Writer.
var gzipWriters = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // a level that the library no longer knows
	}
	return w
}}

// appender is memory that is written to.
type appender struct{ b []byte }

// Write appends p.
func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// zstdEncoder is safe for concurrent use, and keeps one encoder per core.
var zstdEncoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // an option that the library no longer knows
	}
	return e
})

// Append appends src, compressed, to dst. Answers are compressed as fast as can be, for
// who waits for them would rather have them than save the last bytes.
func (c Coding) Append(dst, src []byte) []byte {
	switch c {
	case Zstd:
		return zstdEncoder().EncodeAll(src, dst)
	case Gzip:
		w := gzipWriters.Get().(*gzip.Writer)
		defer gzipWriters.Put(w)
		out := appender{dst}
		w.Reset(&out)
		_, _ = w.Write(src) // memory takes everything
		_ = w.Close()
		w.Reset(io.Discard) // lets go of out
		return out.b
	case Identity:
	}
	return append(dst, src...)
}
