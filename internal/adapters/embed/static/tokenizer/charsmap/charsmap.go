// Package charsmap reads the tables by which sentencepiece normalizes texts.
package charsmap

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/memista/memista/internal/domain"
)

// Map is a table of sentencepiece: a trie of texts as a double array (Aoe, 1989), as the
// library Darts-clone writes it, and behind it what each text becomes, ended by zeros. It is
// safe for concurrent use.
type Map struct {
	units []uint32
	texts string
	plain [utf8.RuneSelf]bool // characters of ASCII that stay as they are
}

// New reads a table in base64. What is no table is ErrCorrupt.
func New(encoded string) (*Map, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, corrupt("the character map is no base64: %v", err)
	}
	if len(raw) < 4 {
		return nil, corrupt("the character map has %d bytes", len(raw))
	}
	size, rest := binary.LittleEndian.Uint32(raw), raw[4:]
	if uint64(size) > uint64(len(rest)) || size%4 != 0 || size == 0 {
		return nil, corrupt("the trie of the character map would have %d of %d bytes", size, len(rest))
	}
	m := &Map{texts: string(rest[size:])}
	for i := 0; i < int(size); i += 4 {
		m.units = append(m.units, binary.LittleEndian.Uint32(rest[i:]))
	}
	if !utf8.ValidString(m.texts) {
		return nil, corrupt("the texts of the character map are not UTF-8")
	}
	for c := range m.plain {
		_, changes := m.find([]byte{byte(c)})
		m.plain[c] = !changes
	}
	return m, nil
}

// offset returns how far the children of a unit are from it.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// find returns what the shortest text in the table that key begins with becomes.
func (m *Map) find(key []byte) (text string, ok bool) {
	at := offset(m.units[0])
	for _, b := range key {
		at ^= uint32(b)
		if b == 0 || at >= uint32(len(m.units)) || m.units[at]&(1<<31|0xFF) != uint32(b) {
			return "", false
		}
		unit := m.units[at]
		at ^= offset(unit)
		if unit>>8&1 == 0 {
			continue
		}
		if at >= uint32(len(m.units)) || int(m.units[at]&(1<<31-1)) > len(m.texts) {
			return "", false
		}
		text, _, _ = strings.Cut(m.texts[m.units[at]&(1<<31-1):], "\x00")
		return text, utf8.ValidString(text)
	}
	return "", false
}

// Append appends src to dst, and stops when dst is longer than limit. It replaces each
// cluster of characters of up to five bytes that begins with a text of the table, else each
// character that does. It is the whole cluster that is replaced, as the tokenizers library
// does it.
func (m *Map) Append(dst, src []byte, limit int) []byte {
	state := -1
	for len(src) > 0 && len(dst) <= limit {
		var cluster []byte
		if src[0] < utf8.RuneSelf && (len(src) == 1 || src[1] < utf8.RuneSelf && src[0] != '\r') {
			cluster, src, state = src[:1], src[1:], -1 // nothing joins two characters of ASCII
			if m.plain[cluster[0]] {
				dst = append(dst, cluster[0])
				continue
			}
		} else {
			cluster, src, _, state = uniseg.FirstGraphemeCluster(src, state)
		}
		if len(cluster) < 6 {
			if text, ok := m.find(cluster); ok {
				dst = append(dst, text...)
				continue
			}
		}
		for i := 0; i < len(cluster); {
			_, size := utf8.DecodeRune(cluster[i:])
			part := cluster[i : i+size]
			if text, ok := m.find(part); ok {
				dst = append(dst, text...)
			} else {
				dst = append(dst, part...)
			}
			i += size
		}
	}
	return dst
}

func corrupt(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, format, args...)
}
