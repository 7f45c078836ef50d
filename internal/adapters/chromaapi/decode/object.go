package decode

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// object reads a body that is an object: it calls field before each value whose name is
// among fields and that is not null, and reports as bits which those were.
func object(s *wire.Scanner, body []byte, fields []string, field func(i int) error) (seen uint32, err error) {
	s.Reset(body)
	err = s.Members(func(name []byte) error {
		i := slices.IndexFunc(fields, func(f string) bool { return f == string(name) })
		if i < 0 {
			_, err := s.Value()
			return err
		}
		if seen&(1<<i) != 0 {
			return refusal.Unprocessable(types+"duplicate field `%s`", fields[i])
		}
		if s.Null() {
			return nil
		}
		seen |= 1 << i
		return field(i)
	})
	if err == nil {
		err = s.End()
	}
	return seen, explained(body, err)
}

// types begins messages about fields of other types than they have to be.
const types = "Failed to deserialize the JSON body into the target type: "

// missing is the error for a field that has to be there.
func missing(name string) error { return refusal.Unprocessable(types+"missing field `%s`", name) }

// explained is err of a body in the form of this API, which tells what is no JSON from what
// is of another type than it has to be.
func explained(body []byte, err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case !ok:
		return err
	case errors.Is(err, domain.ErrNotFinite):
		return refusal.Invalid("Validation error: embeddings: Embeddings must not contain NaN or Infinity values")
	case !json.Valid(body) || !utf8.Valid(body):
		return refusal.Invalid("Failed to parse the request body as JSON: %s", e.Error())
	}
	return refusal.New(http.StatusUnprocessableEntity, types+"%s", e.Error())
}

// texts reads an array of strings.
func texts(s *wire.Scanner) ([]string, error) {
	list := []string{}
	err := s.Array(func(int) error {
		text, err := s.Text()
		list = append(list, string(text))
		return err
	})
	return list, err
}

func text(s *wire.Scanner) (string, error) {
	b, err := s.Text()
	return string(b), err
}

// count reads a whole number from 0 on; one that is too large for anything is cut down.
func count(s *wire.Scanner) (int, error) {
	n, err := s.Int()
	if err == nil && n < 0 {
		err = s.Errorf("must not be negative, got %d", n)
	}
	return int(min(n, math.MaxInt32)), err
}

// value reads any value and returns its text, without white space between tokens.
func value(s *wire.Scanner) ([]byte, error) {
	raw, err := s.Value()
	return slices.Clone(raw), err
}

// Name reads a body that names a tenant or a database.
func Name(body []byte) (name string, err error) {
	var s wire.Scanner
	seen, err := object(&s, body, []string{"name"}, func(int) error {
		name, err = text(&s)
		return err
	})
	if err == nil && seen == 0 {
		err = missing("name")
	}
	return name, err
}

// CheckName refuses what is no name of a collection. The message goes on from before.
func CheckName(before, name string) error {
	switch {
	case !isName(name):
		return refusal.Invalid("%sExpected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: %s", before, name)
	case strings.Contains(name, ".."):
		return refusal.Invalid("%sExpected a name that does not contains two consecutive periods (..). Got %s", before, name)
	case isAddress(name):
		return refusal.Invalid("%sExpected a name that is not a valid ip address. Got %s", before, name)
	}
	return nil
}

func isName(name string) bool {
	if len(name) < 3 || len(name) > 512 {
		return false
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case (c == '.' || c == '_' || c == '-') && i > 0 && i < len(name)-1:
		default:
			return false
		}
	}
	return true
}

// isAddress reports whether name is an IPv4 address.
func isAddress(name string) bool {
	parts := strings.Split(name, ".")
	if len(parts) != 4 {
		return false
	}
	for _, p := range parts {
		if len(p) == 0 || len(p) > 3 || strings.Trim(p, "0123456789") != "" || len(p) == 3 && p > "255" {
			return false
		}
	}
	return true
}
