package indexfile

import (
	"hash/crc32"
	"runtime"
	"sync"
	"sync/atomic"
)

// verifySections compares the checksum of every section, and the gaps with zero. Blocks
// are shared out among the cores.
func (f *File) verifySections() error {
	var blocks []span
	for i, s := range f.sections {
		for at := s.offset; at < s.offset+s.length; at += blockSize {
			blocks = append(blocks, span{section: i, from: at, to: min(at+blockSize, s.offset+s.length)})
		}
		for _, b := range f.data[s.offset+s.length : s.end()] {
			if b != 0 {
				return corrupt("bytes after section %q", s.name)
			}
		}
	}
	sums := make([]uint32, len(blocks))
	f.sumBlocks(blocks, sums)
	got := make([]uint32, len(f.sections))
	for i, b := range blocks {
		got[b.section] = addBlock(got[b.section], sums[i])
	}
	for i, s := range f.sections {
		if got[i] != s.sum {
			return corrupt("checksum of section %q differs", s.name)
		}
	}
	return nil
}

// span is a block of a section.
type span struct {
	section  int
	from, to int64
}

func (f *File) sumBlocks(blocks []span, sums []uint32) {
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(blocks) {
				return
			}
			sums[i] = crc32.Checksum(f.data[blocks[i].from:blocks[i].to], castagnoli)
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(blocks)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
