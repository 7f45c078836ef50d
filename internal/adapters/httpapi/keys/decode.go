package keys

import (
	"strings"
	"time"
	"unicode"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

var fields = []string{"name", "scopes", "databases", "expires_at"}

// longestName is the length of a name in bytes.
const longestName = 128

// decode reads the body of POST /v1/keys.
func decode(body []byte) (want domain.KeyInfo, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(fields, func(field int) (err error) {
		if fields[field] != "scopes" && s.Null() {
			return nil
		}
		switch fields[field] {
		case "name":
			want.Name, err = name(&s)
		case "scopes":
			want.Scopes, err = scopes(&s)
		case "databases":
			want.Databases, err = patterns(&s)
		case "expires_at":
			want.ExpiresAt, err = moment(&s)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && seen&(1<<1) == 0 {
		err = domain.Errorf(domain.ErrInvalid, "field scopes is missing")
	}
	return want, err
}

func name(s *wire.Scanner) (string, error) {
	text, err := s.Text()
	if err != nil {
		return "", err
	}
	if len(text) > longestName || strings.ContainsFunc(string(text), unicode.IsControl) {
		return "", s.Errorf("a name has at most %d bytes, and no control characters", longestName)
	}
	return string(text), nil
}

func texts(s *wire.Scanner) (list []string, err error) {
	err = s.Array(func(int) error {
		text, err := s.Text()
		list = append(list, string(text))
		return err
	})
	return list, err
}

func scopes(s *wire.Scanner) (domain.Scope, error) {
	list, err := texts(s)
	if err != nil {
		return 0, err
	}
	return domain.ParseScopes(list)
}

func patterns(s *wire.Scanner) ([]string, error) {
	list, err := texts(s)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.Errorf("a key has to reach a database: * stands for all, which is what leaving this out means")
	}
	for _, p := range list {
		if err := domain.CheckPattern(p); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func moment(s *wire.Scanner) (time.Time, error) {
	text, err := s.Text()
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return time.Time{}, s.Errorf("must be a moment as 2027-01-31T12:00:00Z")
	}
	return at, nil
}
