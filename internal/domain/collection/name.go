package collection

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// Names of the tenant and the database that always exist.
const (
	DefaultTenant   = "default_tenant"
	DefaultDatabase = "default_database"
)

// Space is a tenant and what Chroma calls a database of it: names of collections are unique
// in one.
type Space struct{ Tenant, Database string }

// DefaultSpace always exists. Every database that was not made in another one is in it.
var DefaultSpace = Space{DefaultTenant, DefaultDatabase}

// UUID returns the id of s, which depends on its names only.
func (s Space) UUID() UUID {
	sum := sha256.Sum256([]byte(s.Tenant + "\x00" + s.Database))
	return UUID(sum[:16]).version4()
}

// Check refuses names that a tenant or a database cannot have.
func (s Space) Check() error {
	if err := checkName("tenant", s.Tenant); err != nil {
		return err
	}
	return checkName("database", s.Database)
}

// Name is the full name of a collection.
type Name struct {
	Space
	Name string
}

// DefaultName returns a name in the default space.
func DefaultName(name string) Name { return Name{DefaultSpace, name} }

// Check refuses names that a collection cannot have.
func (n Name) Check() error {
	if err := n.Space.Check(); err != nil {
		return err
	}
	return checkName("collection", n.Name)
}

// MaxName is how many characters a name may have.
const MaxName = 512

// CheckTenant refuses names that a tenant cannot have.
func CheckTenant(name string) error { return checkName("tenant", name) }

// checkName refuses what cannot be the name of a thing: it has 1 to MaxName characters of
// Unicode, none of which is a control character.
func checkName(what, name string) error {
	if name == "" {
		return domain.Errorf(domain.ErrInvalid, "name of %s cannot be empty", article(what))
	}
	if !utf8.ValidString(name) {
		return domain.Errorf(domain.ErrInvalid, "name of %s is not valid UTF-8", article(what))
	}
	if n := utf8.RuneCountInString(name); n > MaxName {
		return domain.Errorf(domain.ErrInvalid, "name of %s has %d characters, at most %d are allowed", article(what), n, MaxName)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return domain.Errorf(domain.ErrInvalid, "name of %s contains a control character", article(what))
	}
	return nil
}

func article(what string) string {
	if what == "alias" {
		return "an alias"
	}
	return "a " + what
}

// Parts of an id that is made up.
const (
	readable  = 64 // characters of the name at most
	hashBytes = 10 // of the hash, 16 characters
)

// WantedID returns the id for the database of a new collection: its name if that can be one,
// else the first one that is made up.
func WantedID(surface Surface, n Name) string {
	if n.Space == DefaultSpace && domain.CheckID(n.Name) == nil {
		return n.Name
	}
	return MadeUpID(surface, n, 0)
}

// MadeUpID returns the try-th id for the database of a collection that cannot have its own
// name for one: "q." or "c." by the surface, what an id can show of the name, and a hash of
// the whole name.
func MadeUpID(surface Surface, n Name, try int) string {
	var b strings.Builder
	b.WriteString("c.")
	if surface == Qdrant {
		b.Reset()
		b.WriteString("q.")
	}
	shown := n.Name
	if n.Space != DefaultSpace {
		shown = n.Tenant + "." + n.Database + "." + n.Name
	}
	for i := 0; i < len(shown) && b.Len() < readable; i++ {
		c := shown[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '_':
		default:
			c = '-'
		}
		b.WriteByte(c)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{string(surface), n.Tenant, n.Database, n.Name, strconv.Itoa(try)}, "\x00")))
	b.WriteByte('-')
	b.WriteString(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:hashBytes])))
	return b.String()
}
