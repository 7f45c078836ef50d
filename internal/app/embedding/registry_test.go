package embedding_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

func registryOf(t *testing.T, open embedding.Opener) *embedding.Registry {
	t.Helper()
	r := embedding.NewRegistry(map[string]embedding.Opener{"test": open}, domain.EmbedderRef{}, embedding.Options{})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close() = %v; want nil", err)
		}
	})
	return r
}

func ref(model string) domain.EmbedderRef { return domain.EmbedderRef{Provider: "test", Model: model} }

func TestAModelThatTakesLongToOpenKeepsNoOtherWaiting(t *testing.T) {
	opening, release := make(chan struct{}), make(chan struct{})
	r := registryOf(t, func(model string) (ports.Embedder, error) {
		if model == "slow" {
			close(opening) // twice would panic: it is opened once
			<-release
		}
		return embedtest.NewMemory(model, ports.EmbedLimits{}), nil
	})
	got := make(chan ports.Embedder, 2)
	for range 2 {
		go func() {
			e, err := r.Open(t.Context(), ref("slow"))
			if err != nil {
				t.Error(err)
			}
			got <- e
		}()
	}
	<-opening
	if _, err := r.Open(t.Context(), ref("quick")); err != nil {
		t.Error(err)
	}
	close(release)
	if a, b := <-got, <-got; a != b {
		t.Error("two calls got two embedders of one name")
	}
}

func TestAModelThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	missing := errors.New("no such folder")
	r := registryOf(t, func(model string) (ports.Embedder, error) {
		return embedtest.NewMemory(model, ports.EmbedLimits{}), missing
	})
	if _, err := r.Open(t.Context(), ref("m")); !errors.Is(err, missing) {
		t.Fatalf("Open = %v; want the cause", err)
	}
	missing = nil
	if _, err := r.Open(t.Context(), ref("m")); err != nil {
		t.Errorf("Open once the folder is there = %v", err)
	}
}

func TestModelsThatCallersNameAreBounded(t *testing.T) {
	r := registryOf(t, func(model string) (ports.Embedder, error) {
		return embedtest.NewMemory(model, ports.EmbedLimits{}), nil
	})
	for name, model := range map[string]string{"empty": "", "long": strings.Repeat("x", 257), "control": "a\nb", "UTF-8": "a\xff"} {
		if _, err := r.Open(t.Context(), ref(model)); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Open = %v; want ErrInvalid", name, err)
		}
	}
	const far = 100_000
	n := 0
	var err error
	for err == nil && n < far {
		_, err = r.Open(t.Context(), ref(strconv.Itoa(n)))
		n++
	}
	if !errors.Is(err, domain.ErrLimit) {
		t.Errorf("Open of model %d = %v; want ErrLimit", n, err)
	}
	if _, err := r.Open(t.Context(), ref("0")); err != nil {
		t.Errorf("Open of one that is open = %v", err)
	}
}
