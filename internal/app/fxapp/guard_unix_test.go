//go:build unix

package fxapp_test

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/memista/memista/internal/adapters/keyfile"
)

func TestSIGHUPReadsKeysAgain(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	cfg := settings(t)
	cfg.APIKey = strings.Repeat("e", 20) + "," + strings.Repeat("f", 20)
	url, _ := start(t, cfg)
	if got := status(t, url, strings.Repeat("f", 20)); got != 200 {
		t.Errorf("second key of the environment = %d; want 200", got)
	}
	if got := status(t, url, "x"); got != 401 {
		t.Errorf("wrong key = %d; want 401", got)
	}
	key, _, err := keyfile.Create(cfg.DefaultKeysFile(), keyfile.Request{Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	wantSoon(t, url, key, 200)
}
