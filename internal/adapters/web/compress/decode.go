package compress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// ErrTooLarge refuses a body that is larger than its limit when it is decompressed.
var ErrTooLarge = errors.New("too large when decompressed")

// ErrBroken is about a body that is not what its header calls it.
var ErrBroken = errors.New("the body cannot be decompressed")

// maxWindow is how far back a zstd body may refer, which is what HTTP allows (RFC 9659).
const maxWindow = 8 << 20

// Decoder decompresses bodies. It is safe for concurrent use, and leaves a core, if there
// are several, to requests that need no decompression.
type Decoder struct {
	slots chan struct{} // one element per body that is being decompressed
}

// NewDecoder returns a Decoder.
func NewDecoder() *Decoder {
	return &Decoder{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
}

// Limited returns how many bytes a compressed body may have whose plain form may have
// limit: a little more, for what cannot be compressed becomes larger.
func Limited(limit int64) int64 { return limit + limit/64 + 1<<10 }

// Decode appends body, which is in coding c, in its plain form to dst. It returns
// ErrTooLarge once that has more than limit bytes, an error of the kind ErrBroken where
// body is something else, and the error of hold, which it calls
// with the number of bytes that have been added each time that some have. Where it fails
// it returns dst as far as it was filled.
func (d *Decoder) Decode(ctx context.Context, c Coding, dst, body []byte, limit int64, hold func(n int) error) ([]byte, error) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return dst, ctx.Err()
	}
	switch c {
	case Gzip:
		r := gzips.Get().(*gzip.Reader)
		defer gzips.Put(r)
		if err := r.Reset(bytes.NewReader(body)); err != nil {
			return dst, broken(c, err)
		}
		return read(c, r, dst, limit, hold)
	case Zstd:
		r := zstds.Get().(*zstd.Decoder)
		defer zstds.Put(r)
		defer func() { _ = r.Reset(nil) }() // lets go of body
		if err := r.Reset(bytes.NewReader(body)); err != nil {
			return dst, broken(c, err)
		}
		return read(c, r, dst, limit, hold)
	case Identity:
	}
	return read(c, bytes.NewReader(body), dst, limit, hold)
}

// gzips holds *gzip.Reader.
var gzips = sync.Pool{New: func() any { return new(gzip.Reader) }}

// zstds holds *zstd.Decoder that start no goroutine, and so need no Close.
var zstds = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // an option that the library no longer knows
	}
	return d
}}

// read appends what r has to dst, at most limit bytes.
func read(c Coding, r io.Reader, dst []byte, limit int64, hold func(n int) error) ([]byte, error) {
	start := len(dst)
	for {
		if len(dst) == cap(dst) {
			room := max(2*cap(dst), start+64<<10)
			dst = append(make([]byte, 0, min(room, start+int(limit)+1)), dst...)
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if full := hold(n); full != nil {
			return dst, full
		}
		switch {
		case int64(len(dst)-start) > limit:
			return dst, ErrTooLarge
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, broken(c, err)
		}
	}
}

// broken says why a body is not what its header calls it.
func broken(c Coding, err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%w: it needs a larger window than the %d MiB that %v may have over HTTP", ErrBroken, maxWindow>>20, c)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: its %v ends early", ErrBroken, c)
	}
	return fmt.Errorf("%w: it is not %v, as Content-Encoding says", ErrBroken, c)
}
