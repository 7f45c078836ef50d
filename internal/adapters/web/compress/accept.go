package compress

import (
	"strconv"
	"strings"
)

// Accepted returns the coding that a caller with these Accept-Encoding headers likes best
// (RFC 9110, 12.5.3); of equals zstd, then gzip, which is slower and larger. Identity
// stands also for a caller that takes none of them.
func Accepted(headers []string) Coding {
	if len(headers) == 0 {
		return Identity
	}
	const unset = -1
	weights := [...]float64{Identity: unset, Gzip: unset, Zstd: unset}
	others := float64(unset) // the weight of "*"
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(part, ";")
			name = strings.TrimSpace(name)
			if name == "" {
				continue
			}
			w := weight(params)
			if name == "*" {
				others = w
			} else if c, ok := named(name); ok {
				weights[c] = max(weights[c], w)
			}
		}
	}
	best, most := Identity, weights[Identity]
	if most == unset && others == 0 {
		most = 0 // refused with the others
	} else if most == unset {
		most = least // taken, but named by nobody
	}
	for _, c := range []Coding{Gzip, Zstd} {
		w := weights[c]
		if w == unset {
			w = others
		}
		if w > 0 && w >= most {
			best, most = c, w
		}
	}
	return best
}

// least is below every weight that a header can give, and above none.
const least = 0.0001

// weight reads the q of an entry. One that is malformed counts as 0: who cannot say what
// it takes is served plainly.
func weight(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	name, value, ok := strings.Cut(params, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
