package memory

import "sync/atomic"

// SetLinks writes links to list, which is not shorter, and None behind them. Readers go on
// beside it; writers do not.
func SetLinks(list, links []uint32) {
	for i := range list {
		to := None
		if i < len(links) {
			to = links[i]
		}
		if atomic.LoadUint32(&list[i]) != to {
			atomic.StoreUint32(&list[i], to)
		}
	}
}

// LinksOf appends the links in list, as they are now, to buf.
func LinksOf(list, buf []uint32) []uint32 {
	for i := range list {
		to := atomic.LoadUint32(&list[i])
		if to == None {
			break
		}
		buf = append(buf, to)
	}
	return buf
}
