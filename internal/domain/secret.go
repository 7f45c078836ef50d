package domain

import (
	"fmt"
	"log/slog"
)

// hidden is shown in place of a secret.
const hidden = "[hidden]"

// Secret is a text such as a key that hides itself: whatever prints, logs or marshals it,
// or a value that it is part of, shows that there is one and no more. The zero value is no
// secret.
//
// It is held by a function, into which no reflection looks: fmt prints fields that are not
// exported without asking their methods.
type Secret struct {
	reveal func() string
}

// NewSecret returns text as a secret. The empty text is none.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{func() string { return text }}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.reveal == nil }

// Equal reports whether both are the same text.
func (s Secret) Equal(t Secret) bool { return s.Reveal() == t.Reveal() }

// String returns what may be shown.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return hidden
}

// Format prints what may be shown, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText returns what may be shown.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns what may be shown.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
