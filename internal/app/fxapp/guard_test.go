package fxapp_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/app/fxapp"
)

// status sends a request with a key and returns the status.
func status(t *testing.T, url, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/v1/databases", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// wantSoon fails unless requests with key are answered with want before long.
func wantSoon(t *testing.T, url, key string, want int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := status(t, url, key)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("requests are answered with %d; want %d", got, want)
		}
	}
}

func TestKeysAreTakenUpWhileItServes(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	cfg := settings(t)
	url, _ := start(t, cfg)
	if got := status(t, url, ""); got != 200 {
		t.Errorf("without any key = %d; want 200", got)
	}
	want := keyfile.Request{Scopes: []string{"read"}}
	first, e, err := keyfile.Create(cfg.DefaultKeysFile(), want)
	if err != nil {
		t.Fatal(err)
	}
	wantSoon(t, url, "", 401)
	wantSoon(t, url, first, 200)
	second, _, err := keyfile.Create(cfg.DefaultKeysFile(), want)
	if err != nil {
		t.Fatal(err)
	}
	wantSoon(t, url, second, 200)
	if err := keyfile.Revoke(cfg.DefaultKeysFile(), e.ID); err != nil {
		t.Fatal(err)
	}
	wantSoon(t, url, first, 401)
	if got := status(t, url, second); got != 200 {
		t.Errorf("the key that was not revoked = %d; want 200", got)
	}
}

func TestGuardsThatFailTheStart(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T) (keysFile, apiKey, cert string)
		want  string
	}{
		"a file of keys that is not there": {func(t *testing.T) (string, string, string) { return filepath.Join(t.TempDir(), "none"), "", "" }, "API keys: "},
		"a key that is too short":          {func(*testing.T) (string, string, string) { return "", "short", "" }, "must have 20 to 256 characters"},
		"a certificate that is not there":  {func(t *testing.T) (string, string, string) { return "", "", filepath.Join(t.TempDir(), "none") }, "TLS certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t)
			cfg.KeysFile, cfg.APIKey, cfg.TLSCert = tt.spoil(t)
			cfg.TLSKey = cfg.TLSCert
			err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) || cfg.APIKey != "" && strings.Contains(err.Error(), cfg.APIKey) {
				t.Errorf("Run = %v; want %q", err, tt.want)
			}
			if files, _ := filepath.Glob(cfg.Data.Path + "*"); len(files) > 0 {
				t.Errorf("files were made: %v", files)
			}
		})
	}
	t.Run("an address that others reach is served with keys", func(t *testing.T) {
		defer http.DefaultClient.CloseIdleConnections()
		cfg := settings(t)
		cfg.ServerHost, cfg.APIKey = "0.0.0.0", strings.Repeat("e", 20)
		url, _ := start(t, cfg)
		if got := status(t, strings.Replace(url, "[::]", "127.0.0.1", 1), ""); got != 401 {
			t.Errorf("without a key = %d; want 401", got)
		}
	})
}
