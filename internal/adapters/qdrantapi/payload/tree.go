package payload

// Tree is several paths at once: one walk through a payload follows all of them, however
// many there are. Positions of elements are those before anything is removed. The zero Tree
// has no paths. It is safe for concurrent use once it is made.
type Tree struct{ root node }

// node is a place that paths lead to.
type node struct {
	end      bool // a path ends here
	members  map[string]*node
	elements map[int]*node
	all      *node // all elements
}

// NewTree returns a tree of paths. It keeps none of them.
func NewTree(paths ...Path) *Tree {
	t := &Tree{}
	for _, p := range paths {
		at := &t.root
		for _, s := range p {
			at = at.child(s)
		}
		at.end = true
	}
	return t
}

// child returns the place to which a step leads, which is made if it is not there.
func (n *node) child(s Step) *node {
	switch s.Kind {
	case Member:
		return child(&n.members, s.Name)
	case Element:
		return child(&n.elements, s.Index)
	case Elements:
	}
	if n.all == nil {
		n.all = &node{}
	}
	return n.all
}

func child[K comparable](m *map[K]*node, k K) *node {
	if *m == nil {
		*m = map[K]*node{}
	}
	if (*m)[k] == nil {
		(*m)[k] = &node{}
	}
	return (*m)[k]
}

// nodes are the places in a tree that one place in a payload is reached by: an element is
// reached by its position and with all elements.
type nodes []*node

// takes takes v apart if a path goes on in it, and reports whether that is so.
func (ns nodes) takes(v *value) bool {
	for _, n := range ns {
		if n.members != nil && v.take('{') || (n.elements != nil || n.all != nil) && v.take('[') {
			return true
		}
	}
	return false
}

// within returns the places that the i-th part m of v is reached by, and whether a path ends
// there.
func (ns nodes) within(v *value, i int, m member) (next nodes, end bool) {
	for _, n := range ns {
		reached := [2]*node{n.members[m.name], nil}
		if v.open == '[' {
			reached = [2]*node{n.elements[i], n.all}
		}
		for _, to := range reached {
			if to != nil {
				next, end = append(next, to), end || to.end
			}
		}
	}
	return next, end
}

// Remove returns object, a JSON object or "" for an empty one, without what the paths lead to.
func (t *Tree) Remove(object string) string {
	return change(object, func(v *value) { t.remove(v) })
}

func (t *Tree) remove(v *value) { remove(v, nodes{&t.root}) }

func remove(v *value, ns nodes) {
	if !ns.takes(v) {
		return
	}
	kept := v.list[:0]
	for i, m := range v.list {
		next, end := ns.within(v, i, m)
		if end {
			continue
		}
		if len(next) > 0 {
			remove(m.value, next)
		}
		kept = append(kept, m)
	}
	v.list = kept
}

// pick leaves in v, an object or an array that the paths go on in, what they lead to.
func (t *Tree) pick(v *value) { pick(v, nodes{&t.root}) }

func pick(v *value, ns nodes) {
	kept := v.list[:0]
	for i, m := range v.list {
		next, end := ns.within(v, i, m)
		if len(next) > 0 && (end || inside(m.value, next)) {
			kept = append(kept, m)
		}
	}
	v.list = kept
}

// inside picks inside a value, and reports whether there is an inside.
func inside(v *value, ns nodes) bool {
	if !v.take('{') && !v.take('[') {
		return false
	}
	pick(v, ns)
	return true
}
