package provider_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/provider"
)

func TestEstimateTokens(t *testing.T) {
	for text, want := range map[string]int{
		"": 2, "a": 3, "word": 3, "words": 4, "two words": 5, "12": 3, "123": 4, "a.b": 5, "x  y": 5,
		"é": 3, "道": 4, "道は": 5, "🙂": 4, "\x00": 3, "\xff": 4, "line\nline": 5, strings.Repeat(" ", 17): 4,
	} {
		if got := provider.EstimateTokens(text); got != want {
			t.Errorf("EstimateTokens(%q) = %d; want %d", text, got, want)
		}
	}
}
