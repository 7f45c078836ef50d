package transfer_test

import (
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// TestImportFromWhereNobodyListens fails at once.
func TestImportFromWhereNobodyListens(t *testing.T) {
	s := clitest.New(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, kind := range []string{"qdrant", "chroma"} {
		began := time.Now()
		s.Fails(cli.Failed, "connection refused", "import", "--from", kind, gone.URL+"/nope")
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: it took %v; want no wait", kind, took)
		}
	}
}

// TestImportSaysThatItTriesAgain has a server that is busy once.
func TestImportSaysThatItTriesAgain(t *testing.T) {
	s := clitest.New(t)
	q := newQdrant(t, 3)
	q.busy.Store(1)
	code, _, errOut := s.Run("import", "--from", "qdrant", q.URL+"/points")
	if want := regexp.MustCompile(`answered 503 Service Unavailable: starting; trying again in [0-9.]+m?s\n`); code != cli.OK || !want.MatchString(errOut) {
		t.Errorf("import = %d, stderr %q; want it to say that it tries again", code, errOut)
	}
}
