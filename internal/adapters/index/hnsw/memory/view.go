package memory

import (
	"sync/atomic"
	"unsafe"
)

// View is the memory of a graph: tables of slabs of simd.SlabRows entries each. Slabs
// never move and a view never changes; a graph that grows gets a new view with the old
// slabs and more, so readers need no lock. A reader that meets a slot beyond its view
// loads the graph's view again: it was published before any link to the slot was. The
// methods take slots below Len, and read and write words atomically.
type View struct {
	Rows, Full, Links []unsafe.Pointer // by slot
	IDs, Deleted, Ups []unsafe.Pointer // by slot
	Parents, Hosts    []unsafe.Pointer // by slot
	Upper             []unsafe.Pointer // by block: links of one node on one upper level
}

// Len returns the number of slots that v covers.
func (v *View) Len() uint32 { return uint32(len(v.Links)) << slabShift }

// ID returns the id in slot; 0 means that the slot is free.
func (v *View) ID(slot uint32) int64 { return atomic.LoadInt64((*int64)(at(v.IDs, slot, 8))) }

// SetID puts the vector in slot under id, or makes the slot free if that is 0.
func (v *View) SetID(slot uint32, id int64) { atomic.StoreInt64((*int64)(at(v.IDs, slot, 8)), id) }

// DeletedAt returns when the slot's vector was removed, by the clock of the graph; 0 means
// never.
func (v *View) DeletedAt(slot uint32) uint32 { return atomic.LoadUint32(word(v.Deleted, slot)) }

// SetDeletedAt says when the slot's vector was removed.
func (v *View) SetDeletedAt(slot, stamp uint32) { atomic.StoreUint32(word(v.Deleted, slot), stamp) }

// IsDeleted reports whether the slot's vector was removed.
func (v *View) IsDeleted(slot uint32) bool { return v.DeletedAt(slot) != 0 }

// Visible reports whether the vector in slot had not been removed when the clock stood
// at since.
func (v *View) Visible(slot, since uint32) bool {
	died := v.DeletedAt(slot)
	return died == 0 || int32(died-since) > 0
}

// Level returns the highest level of slot.
func (v *View) Level(slot uint32) int { return int(atomic.LoadUint32(word(v.Ups, slot)) & MaxLevel) }

// Parent returns the slot's parent: none for the root and for a node not linked yet.
func (v *View) Parent(slot uint32) uint32 { return atomic.LoadUint32(word(v.Parents, slot)) }

// SetParent makes parent, which may be none, the parent of slot.
func (v *View) SetParent(slot, parent uint32) { atomic.StoreUint32(word(v.Parents, slot), parent) }

// ChildOf reports whether slot is a child of parent.
func (v *View) ChildOf(slot, parent uint32) bool { return v.Parent(slot) == parent }

// The host word of a node is none. That of a copy is its host's slot, with a bit of its own
// for a near one.
const (
	nearBit     = 1 << 31
	outlierWord = None - 1 // of a slot that is kept apart
)

// HostOf returns whose copy slot is, and whether its vector is not quite that of the host:
// none for a node and for what is kept apart.
func (v *View) HostOf(slot uint32) (host uint32, near bool) {
	host = atomic.LoadUint32(word(v.Hosts, slot))
	if host == None || host == outlierWord {
		return None, false
	}
	return host &^ nearBit, host&nearBit != 0
}

// IsNode reports whether slot is a node: neither a copy nor kept apart.
func (v *View) IsNode(slot uint32) bool { return atomic.LoadUint32(word(v.Hosts, slot)) == None }

// IsOutlier reports whether slot is kept apart.
func (v *View) IsOutlier(slot uint32) bool {
	return atomic.LoadUint32(word(v.Hosts, slot)) == outlierWord
}

// SetHost makes slot a copy of host.
func (v *View) SetHost(slot, host uint32, near bool) {
	if near {
		host |= nearBit
	}
	atomic.StoreUint32(word(v.Hosts, slot), host)
}

// SetNode makes slot a node.
func (v *View) SetNode(slot uint32) { atomic.StoreUint32(word(v.Hosts, slot), None) }

// SetOutlier keeps slot apart.
func (v *View) SetOutlier(slot uint32) { atomic.StoreUint32(word(v.Hosts, slot), outlierWord) }
