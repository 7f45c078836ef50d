package domain

import (
	"slices"
	"strings"
	"time"
)

// Scope is what the holder of an API key may do, on the databases within the key's
// reach. Scopes add up.
type Scope uint8

// The scopes.
const (
	ScopeRead    Scope = 1 << iota // search, read, list, count
	ScopeWrite                     // insert, update and delete chunks, create databases
	ScopeAdmin                     // everything: drop, rebuild, back up, and what the others may
	ScopeMonitor                   // figures about the service, nothing of what it holds
)

var scopeNames = []struct {
	scope Scope
	name  string
}{{ScopeRead, "read"}, {ScopeWrite, "write"}, {ScopeAdmin, "admin"}, {ScopeMonitor, "monitor"}}

// ParseScopes returns the union of the named scopes. There must be at least one.
func ParseScopes(names []string) (Scope, error) {
	var all Scope
next:
	for _, name := range names {
		for _, s := range scopeNames {
			if s.name == name {
				all |= s.scope
				continue next
			}
		}
		return 0, Errorf(ErrInvalid, "unknown scope %q: use read, write, admin, monitor", name)
	}
	if all == 0 {
		return 0, Errorf(ErrInvalid, "a key needs a scope: read, write, admin, monitor")
	}
	return all, nil
}

// Names lists the scopes that s is made of.
func (s Scope) Names() []string {
	var names []string
	for _, n := range scopeNames {
		if s&n.scope != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// Grant is what a key lets its holder do.
type Grant struct {
	ID        string // of the key; "": it is listed nowhere
	Scopes    Scope
	Databases []string // patterns, see CheckPattern
}

// KeyInfo describes a key. The key itself is told once, to whoever makes it.
type KeyInfo struct {
	Grant
	Name      string // what people know it by; need not be unique
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}

// Allows reports whether the holder may do what needs scope want.
func (g *Grant) Allows(want Scope) bool {
	return g.Scopes&ScopeAdmin != 0 || g.Scopes&want == want
}

// Reaches reports whether the database id is within the key's reach. Like ids
// themselves, patterns do not tell upper from lower case.
func (g *Grant) Reaches(id string) bool {
	for _, p := range g.Databases {
		if matches(p, id) {
			return true
		}
	}
	return false
}

// ReachesAll reports whether every database is within the key's reach.
func (g *Grant) ReachesAll() bool { return slices.Contains(g.Databases, "*") }

// CheckPattern refuses what is not a pattern of database ids: 1 to 128 of the characters
// of an id and of "*", which stands for any characters, and "?", which stands for one.
func CheckPattern(pattern string) error {
	if pattern == "" {
		return Errorf(ErrInvalid, "a pattern of databases cannot be empty: * stands for all")
	}
	if len(pattern) > MaxIDLength {
		return Errorf(ErrInvalid, "a pattern of databases has at most %d characters", MaxIDLength)
	}
	for i := 0; i < len(pattern); i++ {
		if c := pattern[i]; !isIDByte(c) && c != '*' && c != '?' {
			return Errorf(ErrInvalid, "a pattern of databases may contain only A-Z a-z 0-9 _ - . * ? (byte %d is another)", i)
		}
	}
	return nil
}

// matches reports whether id fits pattern. After a mismatch it goes back to the last star
// only: an earlier one could not do better.
func matches(pattern, id string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last star, and where in id the text it stands for ends
	for i < len(id) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || lowerByte(pattern[p]) == lowerByte(id[i])):
			p, i = p+1, i+1
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
