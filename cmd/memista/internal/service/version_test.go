package service_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/cmd/memista/internal/service"
)

func TestVersion(t *testing.T) {
	s := clitest.New(t)
	var v service.Build
	if err := json.Unmarshal([]byte(s.OK("version", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version == "" || v.Commit == "" || v.SIMD == "" || v.SQLiteDriver == "" || !strings.HasPrefix(v.SQLiteVersion, "3.") || len(v.Engines) == 0 {
		t.Errorf("version = %+v; want every field", v)
	}
	if out := s.OK("version"); !strings.HasPrefix(out, "memista ") || !strings.Contains(out, "SIMD     "+v.SIMD) {
		t.Errorf("version printed %q", out)
	}
}
