package collection

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// UUID is a universally unique identifier, as RFC 9562 has it.
type UUID [16]byte

// NewUUID returns a random one.
func NewUUID() UUID {
	var u UUID
	_, _ = rand.Read(u[:]) // never fails
	return u.version4()
}

// uuidOf returns the UUID of a database that was given none: it is that of its life.
func uuidOf(life domain.Incarnation) UUID { return UUID(life).version4() }

// SharesLife reports whether u may be the UUID of a database in that life.
func (u UUID) SharesLife(life domain.Incarnation) bool { return uuidOf(life) == u }

// version4 marks u as random.
func (u UUID) version4() UUID {
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// String returns u in lower case with dashes.
func (u UUID) String() string {
	var b [36]byte
	hex.Encode(b[:], u[:4])
	hex.Encode(b[9:], u[4:6])
	hex.Encode(b[14:], u[6:8])
	hex.Encode(b[19:], u[8:10])
	hex.Encode(b[24:], u[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// ParseUUID reads a UUID in any of its spellings: 32 hexadecimal digits in either case, with
// the four dashes or without, with dashes also in braces or behind "urn:uuid:".
func ParseUUID(s string) (u UUID, ok bool) {
	switch len(s) {
	case 32:
		_, err := hex.Decode(u[:], []byte(s))
		return u, err == nil
	case 36:
	case 38:
		if s[0] != '{' || s[37] != '}' {
			return UUID{}, false
		}
		s = s[1:37]
	case 45:
		if !strings.EqualFold(s[:9], "urn:uuid:") {
			return UUID{}, false
		}
		s = s[9:]
	default:
		return UUID{}, false
	}
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return UUID{}, false
	}
	at := 0
	for _, part := range []string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		n, err := hex.Decode(u[at:], []byte(part))
		if err != nil {
			return UUID{}, false
		}
		at += n
	}
	return u, true
}
