package keyfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/domain"
)

var reading = keyfile.Request{Name: "reader", Scopes: []string{"read"}, Databases: []string{"team-*"}}

func create(t *testing.T, path string, want keyfile.Request) (string, keyfile.Entry) {
	t.Helper()
	key, e, err := keyfile.Create(path, want)
	if err != nil {
		t.Fatal(err)
	}
	return key, e
}

func open(t *testing.T, src keyfile.Source) *keyfile.Ring {
	t.Helper()
	r, err := keyfile.Open(src)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantValid fails unless key is, or is not, valid.
func wantValid(t *testing.T, r *keyfile.Ring, key string, want bool) {
	t.Helper()
	if _, ok := r.Grant(key); ok != want {
		t.Errorf("Grant(%.20s…): valid is %v; want %v", key, ok, want)
	}
}

func TestLifeOfAKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conf", "memista.keys")
	key, e := create(t, path, reading)
	if !regexp.MustCompile(`^memista_[a-z2-7]{8}_[a-z2-7]{52}$`).MatchString(key) || !strings.Contains(key, e.ID) {
		t.Errorf("Create = %q with id %q", key, e.ID)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), key[17:]) {
		t.Errorf("the file has the key itself (%v)", err)
	}
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil || runtime.GOOS != "windows" && name == path && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info.Mode(), err)
		}
	}
	r := open(t, keyfile.Source{Path: path})
	g, ok := r.Grant(key)
	if !ok || g.Scopes != domain.ScopeRead || !g.Reaches("team-x") || g.Reaches("x") {
		t.Errorf("Grant = %+v, %v", g, ok)
	}
	for _, wrong := range []string{"", "x", key[:len(key)-1], key + "a", strings.ToUpper(key), key[:len(key)-1] + "!", "memista_" + strings.Repeat("a", 61), strings.Repeat("x", 100_000)} {
		wantValid(t, r, wrong, false)
	}

	// Rotation: the second is valid beside the first, which then goes.
	second, e2 := create(t, path, reading)
	if changed, err := r.Refresh(false); !changed || err != nil {
		t.Errorf("Refresh after a change = %v, %v", changed, err)
	}
	wantValid(t, r, key, true)
	wantValid(t, r, second, true)
	if err := keyfile.Revoke(path, e.ID, "aaaaaaaa"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Revoke of an unknown id = %v; want ErrNotFound", err)
	}
	if err := keyfile.Revoke(path, e.ID); err != nil {
		t.Fatal(err)
	}
	if changed, err := r.Refresh(false); !changed || err != nil {
		t.Errorf("Refresh after a change = %v, %v", changed, err)
	}
	if changed, err := r.Refresh(false); changed || err != nil {
		t.Errorf("Refresh without a change = %v, %v", changed, err)
	}
	wantValid(t, r, key, false)
	wantValid(t, r, second, true)
	list, err := keyfile.List(path)
	if err != nil || len(list) != 1 || list[0].ID != e2.ID || list[0].Name != "reader" {
		t.Errorf("List = %+v, %v", list, err)
	}
	if err := keyfile.Revoke(path, e2.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Refresh(false); err != nil || !r.Required() || r.Len() != 0 {
		t.Errorf("after the last key is revoked: %v, required %v, %d keys; want the doors closed", err, r.Required(), r.Len())
	}
}

func TestExpiry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	want := reading
	want.ExpiresAt = time.Now().Add(time.Hour)
	key, e := create(t, path, want)
	now := time.Now()
	r := open(t, keyfile.Source{Path: path, Now: func() time.Time { return now }})
	wantValid(t, r, key, true)
	now = want.ExpiresAt.Add(-time.Nanosecond)
	wantValid(t, r, key, true)
	now = want.ExpiresAt
	wantValid(t, r, key, false)
	if e.Expired(now.Add(-time.Second)) || !e.Expired(now) {
		t.Error("Expired is wrong about the moment")
	}
	want.ExpiresAt = time.Now().Add(-time.Hour)
	if _, _, err := keyfile.Create(path, want); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Create of an expired key = %v; want ErrInvalid", err)
	}
}

func TestKeysFromOutside(t *testing.T) {
	first, second := strings.Repeat("a", 20), strings.Repeat("b", 32)
	r := open(t, keyfile.Source{Keys: []string{first, second}})
	wantValid(t, r, first, true)
	wantValid(t, r, second, true)
	wantValid(t, r, first+"a", false)
	g, _ := r.Grant(second)
	if !g.Allows(domain.ScopeAdmin) || !g.ReachesAll() || !r.Required() || r.Len() != 2 {
		t.Errorf("grant %+v; want everything", g)
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 257)} {
		if _, err := keyfile.Open(keyfile.Source{Keys: []string{bad}}); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("Open with the key %.10q: %v; want a refusal that does not tell it", bad, err)
		}
	}
}

func TestFileThatComesAndGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	if _, err := keyfile.Open(keyfile.Source{Path: path}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open without the file = %v; want ErrNotExist", err)
	}
	r := open(t, keyfile.Source{Path: path, Optional: true})
	if changed, err := r.Refresh(false); changed || err != nil || r.Required() {
		t.Errorf("Refresh without a file = %v, %v; want nothing", changed, err)
	}
	key, _ := create(t, path, reading)
	if changed, err := r.Refresh(false); !changed || err != nil || !r.Required() {
		t.Errorf("Refresh when the file has come = %v, %v; want keys asked for", changed, err)
	}
	for _, spoil := range []func() error{
		func() error { return os.Remove(path) },
		func() error { return os.WriteFile(path, []byte("{"), 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if changed, err := r.Refresh(false); changed || err == nil {
			t.Errorf("Refresh of a spoilt file = %v, %v; want an error", changed, err)
		}
		if changed, err := r.Refresh(false); changed || err != nil {
			t.Errorf("the second Refresh = %v, %v; want silence", changed, err)
		}
		if _, err := r.Refresh(true); err == nil {
			t.Error("the Refresh that was asked for is silent")
		}
		wantValid(t, r, key, true)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	create(t, path, reading)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"not JSON":           "memista_x",
		"empty":              "",
		"another format":     strings.Replace(string(good), `"format": 1`, `"format": 2`, 1),
		"an unknown field":   strings.Replace(string(good), `"name"`, `"nane"`, 1),
		"an unknown scope":   strings.Replace(string(good), `"read"`, `"reed"`, 1),
		"no scope":           strings.Replace(string(good), `"read"`, ``, 1),
		"no database":        strings.Replace(string(good), `"team-*"`, ``, 1),
		"a bad pattern":      strings.Replace(string(good), `team-*`, `team/*`, 1),
		"a hash cut short":   regexp.MustCompile(`("sha256": ".{62})..`).ReplaceAllString(string(good), "$1"),
		"no hash":            regexp.MustCompile(`"sha256": ".*"`).ReplaceAllString(string(good), `"sha256": ""`),
		"a hash of letters":  regexp.MustCompile(`"sha256": "..`).ReplaceAllString(string(good), `"sha256": "zz`),
		"a short id":         regexp.MustCompile(`"id": "..`).ReplaceAllString(string(good), `"id": "`),
		"something after it": string(good) + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			if bad == string(good) {
				t.Fatal("nothing was spoilt")
			}
			if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := keyfile.Open(keyfile.Source{Path: path}); err == nil || !strings.Contains(err.Error(), path) && !strings.Contains(err.Error(), "key") {
				t.Errorf("Open = %v; want a refusal", err)
			}
			if _, _, err := keyfile.Create(path, reading); err == nil {
				t.Error("Create wrote over a file it does not understand")
			}
		})
	}
	t.Run("written by others", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("no such bits on Windows")
		}
		if err := errors.Join(os.WriteFile(path, good, 0o600), os.Chmod(path, 0o620)); err != nil {
			t.Fatal(err)
		}
		if _, err := keyfile.Open(keyfile.Source{Path: path}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("Open = %v; want a refusal that names the remedy", err)
		}
	})
	for _, bad := range []keyfile.Request{{}, {Scopes: []string{"root"}}, {Scopes: []string{"read"}, Databases: []string{"a b"}}} {
		if _, _, err := keyfile.Create(filepath.Join(t.TempDir(), "k"), bad); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Create(%+v) = %v; want ErrInvalid", bad, err)
		}
	}
}

// Several who make keys at once lose none, and who reads meanwhile finds a whole file.
func TestManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	create(t, path, reading)
	r := open(t, keyfile.Source{Path: path})
	const makers, each = 4, 5
	keys := make(chan string, makers*each)
	var wg sync.WaitGroup
	for m := range makers {
		wg.Go(func() {
			for i := range each {
				want := reading
				want.Name = fmt.Sprint(m, i)
				key, _, err := keyfile.Create(path, want)
				if err != nil {
					t.Error(err)
				}
				keys <- key
				if _, err := r.Refresh(false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(keys)
	if _, err := r.Refresh(true); err != nil {
		t.Fatal(err)
	}
	for key := range keys {
		wantValid(t, r, key, true)
	}
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 2 || r.Len() != makers*each+1 {
		t.Errorf("%d keys, files %v, %v; want the file and its lock", r.Len(), left, err)
	}
}

func TestGrantAllocatesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	key, _ := create(t, path, reading)
	r := open(t, keyfile.Source{Path: path, Keys: []string{strings.Repeat("e", 40)}})
	for _, k := range []string{key, strings.Repeat("e", 40), "wrong"} {
		if n := testing.AllocsPerRun(100, func() { r.Grant(k) }); n != 0 {
			t.Errorf("Grant(%.10s…) allocates %v times; want 0", k, n)
		}
	}
}
