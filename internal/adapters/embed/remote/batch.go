package remote

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// batchBytes bounds the texts of one call where no limit of tokens does.
const batchBytes = 8 << 20

// part is texts that stand side by side in a list: those of one call.
type part struct {
	first  int // its place in the list
	texts  []string
	prefix string
}

// fit returns texts as they are sent, without their prefix: of each as much as is looked at.
func fit(texts []string, prefix string, l ports.EmbedLimits) ([]string, error) {
	out := make([]string, len(texts))
	for i, t := range texts {
		if strings.TrimSpace(t) == "" {
			return nil, refuse(i, "a text is empty")
		}
		out[i] = t
		if l.TextTokens == 0 {
			continue
		}
		whole, isCut := provider.CutTokens(prefix+t, l.TextTokens)
		switch {
		case isCut && l.Refuse:
			return nil, refuse(i, "a text of "+strconv.Itoa(len(t))+" bytes has more than about "+strconv.Itoa(l.TextTokens)+" tokens")
		case isCut:
			if out[i] = whole[len(prefix):]; strings.TrimSpace(out[i]) == "" {
				return nil, refuse(i, "a text begins with nothing but white space for "+strconv.Itoa(l.TextTokens)+" tokens")
			}
		}
	}
	return out, nil
}

// refuse returns the ErrInvalid for the text at i.
func refuse(i int, message string) error {
	return domain.At(domain.Errorf(domain.ErrInvalid, "%s", message), "texts["+strconv.Itoa(i)+"]")
}

// split makes parts of texts, each as large as the limits allow. A text that is larger than
// them is a part of its own.
func split(texts []string, prefix string, l ports.EmbedLimits) []part {
	var parts []part
	tokens, size := 0, 0
	for i, t := range texts {
		n := 0
		if l.Tokens > 0 {
			n = provider.EstimateTokens(prefix + t)
		}
		last := len(parts) - 1
		full := last >= 0 && (l.Texts > 0 && len(parts[last].texts) == l.Texts || l.Tokens > 0 && tokens+n > l.Tokens || size+len(t) > batchBytes)
		if last < 0 || full {
			parts = append(parts, part{first: i, prefix: prefix})
			tokens, size, last = 0, 0, last+1
		}
		parts[last].texts = texts[parts[last].first : i+1]
		tokens, size = tokens+n, size+len(t)
	}
	return parts
}

// sent returns the texts with their prefix.
func (p part) sent() []string {
	if p.prefix == "" {
		return p.texts
	}
	out := make([]string, len(p.texts))
	for i, t := range p.texts {
		out[i] = p.prefix + t
	}
	return out
}

// halves returns the first and the second half of the texts, of which there are two at least.
func (p part) halves() (part, part) {
	n := len(p.texts) / 2
	return part{p.first, p.texts[:n], p.prefix}, part{p.first + n, p.texts[n:], p.prefix}
}

// shorter returns p, which has one text, with half of it; ok is false if too little is left
// for its length to be what the provider minds.
func (p part) shorter() (_ part, ok bool) {
	const least = 64 // bytes
	t := p.texts[0]
	n := len(t) / 2
	for n > 0 && !utf8.RuneStart(t[n]) {
		n--
	}
	if n < least || strings.TrimSpace(t[:n]) == "" {
		return p, false
	}
	return part{p.first, []string{t[:n]}, p.prefix}, true
}
