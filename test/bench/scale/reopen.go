package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// reopen measures the first search of the file at path, from opening it on, and what the
// index holds of memory then: first with nothing of the file in the page cache, then with
// all of it.
func reopen(ctx context.Context, path string, qs [][]float32) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := forgetPages(path); err != nil {
		fmt.Printf("          not measured cold: %v\n", err)
	} else if err := firstSearch(ctx, path, info.Size(), "cold", qs); err != nil {
		return err
	}
	for range 3 {
		if err := firstSearch(ctx, path, info.Size(), "page cache warm", qs); err != nil {
			return err
		}
	}
	return nil
}

func firstSearch(ctx context.Context, path string, size int64, state string, qs [][]float32) (err error) {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // slabs go when their owner has gone
	before := anonymous()
	began := time.Now()
	ix, _, err := hnsw.Engine{}.Open(path, settings, domain.Incarnation{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ix.Close()) }()
	if _, _, err := ix.Search(ctx, ports.Query{Vector: qs[0], K: k}); err != nil {
		return err
	}
	took := time.Since(began)
	if _, err := search(ctx, ix, qs, 1); err != nil {
		return err
	}
	debug.FreeOSMemory()
	st := ix.Stats()
	fmt.Printf("          %d MB, %s: opened, verified and searched in %v; per vector %d bytes of memory by its own count, %d of the process, %d mapped\n",
		size>>20, state, took.Round(time.Millisecond), st.Bytes/int64(st.Len), (anonymous()-before)/int64(st.Len), st.Mapped/int64(st.Len))
	return nil
}
