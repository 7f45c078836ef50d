package compress

import (
	"errors"
	"fmt"
	"strings"
)

// Coding is a content coding.
type Coding uint8

// The codings. The zero value is no coding at all.
const (
	Identity Coding = iota
	Gzip
	Zstd
)

// Supported lists the codings of requests as an Accept-Encoding header does.
const Supported = "zstd, gzip"

var names = [...]string{Identity: "identity", Gzip: "gzip", Zstd: "zstd"}

// String returns the name of the coding in headers.
func (c Coding) String() string { return names[c] }

// ErrUnsupported refuses a body in a coding that is not known: 415 Unsupported Media Type.
var ErrUnsupported = errors.New("unsupported content encoding")

// Of returns the coding of a body with these Content-Encoding headers, or an error of the
// kind ErrUnsupported.
func Of(headers []string) (Coding, error) {
	if len(headers) == 0 {
		return Identity, nil
	}
	var found []Coding
	for name := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		c, ok := named(strings.TrimSpace(name))
		switch {
		case !ok:
			return Identity, fmt.Errorf("%w: a body with Content-Encoding %.40q is not understood: send it as it is, or as %s", ErrUnsupported, strings.TrimSpace(name), Supported)
		case c != Identity:
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return Identity, nil
	case 1:
		return found[0], nil
	}
	return Identity, fmt.Errorf("%w: a body that is compressed more than once is not understood: send it as it is, or as one of %s", ErrUnsupported, Supported)
}

// named returns the coding that a header calls name.
func named(name string) (Coding, bool) {
	switch strings.ToLower(name) {
	case "", "identity":
		return Identity, true
	case "gzip", "x-gzip": // RFC 9110, 8.4.1.3
		return Gzip, true
	case "zstd":
		return Zstd, true
	}
	return Identity, false
}
