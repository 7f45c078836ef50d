// Package memory is what lies where in the memory of a graph: for every slot a row that
// walks read, the float32 original, lists of links, an id, a level, and whether its vector
// was removed.
//
// Reading the source: shape.go says how large all of that is; view.go and slab.go are the
// tables that it lies in, links.go the lists in them; slots.go takes slots and makes room;
// idmap.go finds the slot of an id; set.go is a set of slots.
package memory
