package collection

// Names is all that a registry has: what databases are called by other surfaces.
type Names struct {
	Tenants     []string     // but the one that always exists
	Spaces      []Space      // but the one that always exists
	Collections []Collection // Number and Alias say nothing outside their registry
	Aliases     []Alias
}

// Of returns the part of n that is about the databases that wanted selects: their collections
// and aliases, and all tenants and spaces in which those are. A nil wanted is all.
func (n Names) Of(wanted func(id string) bool) Names {
	if wanted == nil {
		return n
	}
	var part Names
	tenants, spaces := map[string]bool{}, map[Space]bool{}
	for _, c := range n.Collections {
		if wanted(c.ID) {
			part.Collections = append(part.Collections, c)
			tenants[c.Tenant], spaces[c.Space] = true, true
		}
	}
	for _, a := range n.Aliases {
		if wanted(a.ID) {
			part.Aliases = append(part.Aliases, a)
		}
	}
	for _, t := range n.Tenants {
		if tenants[t] {
			part.Tenants = append(part.Tenants, t)
		}
	}
	for _, s := range n.Spaces {
		if spaces[s] {
			part.Spaces = append(part.Spaces, s)
		}
	}
	return part
}
