package memory

// Set is a set of slots. One goroutine changes it, any number read it when it is made.
type Set []uint64

// NewSet returns an empty set that slots below n go into.
func NewSet(n uint32) Set { return make(Set, n/64+1) }

// Has reports whether slot, which was below n, is in b.
func (b Set) Has(slot uint32) bool { return b[slot/64]&(1<<(slot%64)) != 0 }

// Includes reports whether slot is in b; slots that came later are not.
func (b Set) Includes(slot uint32) bool { return int(slot/64) < len(b) && b.Has(slot) }

// Add puts slot, which was below n, into b.
func (b Set) Add(slot uint32) { b[slot/64] |= 1 << (slot % 64) }

// AddBelow adds those of slots that are below n.
func (b Set) AddBelow(n uint32, slots []uint32) {
	for _, slot := range slots {
		if slot < n {
			b.Add(slot)
		}
	}
}
