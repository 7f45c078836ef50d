package keyfile

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// A key is "memista_", the id under which it is listed, "_" and 32 random bytes. The
// prefix lets people and scanners of leaked secrets recognise it.
const (
	Prefix       = "memista_"
	idLength     = 8
	secretLength = 52 // 32 bytes in base32
	keyLength    = len(Prefix) + idLength + 1 + secretLength
)

// alphabet has no upper case and nothing that a double click does not select.
var alphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// sum is all that is kept of a key. A key has 256 random bits, so nobody can try them
// out, and a slow hash would only slow down every request.
type sum [sha256.Size]byte

// newKey returns a new key and its id.
func newKey() (key, id string) {
	var random [5 + 32]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	id = alphabet.EncodeToString(random[:5])
	return Prefix + id + "_" + alphabet.EncodeToString(random[5:]), id
}

// idOf returns the id in a key, "" if it has not the form of ours.
func idOf(key string) string {
	if len(key) != keyLength || !strings.HasPrefix(key, Prefix) || key[len(Prefix)+idLength] != '_' {
		return ""
	}
	return key[len(Prefix) : len(Prefix)+idLength]
}

// longestKey bounds what is hashed for a caller nobody knows.
const longestKey = 256

func sumOf(key string) sum {
	var b [longestKey]byte // on the stack
	return sha256.Sum256(b[:copy(b[:], key)])
}

func equal(a, b *sum) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
