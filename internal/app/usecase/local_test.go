package usecase_test

import (
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/app/usecase/usecasetest"
)

func TestTheServiceOverADataFile(t *testing.T) {
	usecasetest.Run(t, usecasetest.Config{New: func(t *testing.T) usecase.Backend {
		t.Helper()
		made, err := compose.Open(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := made.Service.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return made.Service
	}})
}
