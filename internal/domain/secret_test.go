package domain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestSecretHidesItself(t *testing.T) {
	const text = "sk-very-secret-1234567890"
	type holder struct {
		Name   string
		Key    domain.Secret
		inside domain.Secret
		at     *domain.Secret
	}
	s := domain.NewSecret(text)
	h := holder{Name: "x", Key: s, inside: s, at: &s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%10s"} {
		for _, v := range []any{s, &s, h, &h, []domain.Secret{s}, map[string]domain.Secret{"k": s}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		l.Info("m", "secret", s, "pointer", &s, "holder", h, "holder pointer", &h)
	}
	if err := json.NewEncoder(&out).Encode(h); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "very") || strings.Contains(out.String(), fmt.Sprintf("%x", text)) {
		t.Errorf("the secret is shown:\n%s", out.String())
	}
	if s.Reveal() != text || s.String() != "[hidden]" {
		t.Errorf("Reveal() = %q, String() = %q", s.Reveal(), s.String())
	}
}

func TestNoSecret(t *testing.T) {
	none := domain.NewSecret("")
	if !none.Empty() || none.Reveal() != "" || none.String() != "" || !none.Equal(domain.Secret{}) {
		t.Errorf("NewSecret of nothing = %q", none.Reveal())
	}
	if a := domain.NewSecret("a"); a.Empty() || a.Equal(none) || !a.Equal(domain.NewSecret("a")) {
		t.Error("Equal does not compare the texts")
	}
}
