package payload

import (
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Path leads into a payload: by the names of members, the position of an element, or to all
// elements of an array. It is written as Qdrant has it: a.b, a[0], a[].b, with quotes around
// names that have one of . [ ] in them: "a.b"[].c.
type Path []Step

// Step is one step of a Path.
type Step struct {
	Kind  StepKind
	Name  string // of a Member
	Index int    // of an Element
}

// StepKind says where a step leads.
type StepKind uint8

// The kinds of steps.
const (
	Member   StepKind = iota // of an object, by its name
	Element                  // of an array, by its position from 0
	Elements                 // all of an array
)

// maxSteps is the most steps that a path has.
const maxSteps = 32

// ParsePath reads a path. What is none is an ErrInvalid.
func ParsePath(text string) (Path, error) {
	var p Path
	rest := text
	for first := true; first || rest != ""; first = false {
		step, after, ok := parseStep(rest, first)
		if !ok || len(p) == maxSteps {
			return nil, domain.Errorf(domain.ErrInvalid, "Invalid json path: '%s'", clip(text))
		}
		p, rest = append(p, step), after
	}
	return p, nil
}

// parseStep reads the step that text begins with.
func parseStep(text string, first bool) (step Step, rest string, ok bool) {
	if inner, bracket := strings.CutPrefix(text, "["); bracket && !first {
		inner, rest, ok = strings.Cut(inner, "]")
		if inner == "" {
			return Step{Kind: Elements}, rest, ok
		}
		index, err := strconv.ParseUint(inner, 10, 31)
		return Step{Kind: Element, Index: int(index)}, rest, ok && err == nil
	}
	if !first {
		if text, ok = strings.CutPrefix(text, "."); !ok {
			return step, "", false
		}
	}
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		step.Name, rest, ok = strings.Cut(inner, `"`)
		return step, rest, ok
	}
	end := strings.IndexAny(text, `.[]"`)
	if end < 0 {
		end = len(text)
	}
	step.Name, rest = text[:end], text[end:]
	return step, rest, step.Name != ""
}

// String returns the path as it is written.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch s.Kind {
		case Element:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
			continue
		case Elements:
			b.WriteString("[]")
			continue
		case Member:
		}
		if i > 0 {
			b.WriteByte('.')
		}
		if s.Name == "" || strings.ContainsAny(s.Name, `.[]"`) {
			b.WriteString(`"` + s.Name + `"`)
			continue
		}
		b.WriteString(s.Name)
	}
	return b.String()
}

// clip keeps what was sent short in messages.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
