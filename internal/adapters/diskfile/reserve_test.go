package diskfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/diskfile"
)

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestAReserveIsGivenUpInPartsAndMadeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.reserve")
	room := int64(64 << 20)
	r := diskfile.NewReserve(path, func() (int64, bool) { return room, true })
	if r.Low() || r.GiveUp() {
		t.Error("a reserve that was not made yet is low, or gives something up")
	}
	if !r.Keep() || sizeOf(t, path) != 8<<20 {
		t.Fatalf("where there are 64 MiB it keeps %d bytes; want an eighth", sizeOf(t, path))
	}
	room = 0
	for part := int64(3); part >= 0; part-- {
		if !r.GiveUp() || !r.Low() || sizeOf(t, path) != part*(2<<20) {
			t.Errorf("after giving up a part: %d bytes, low %v; want %d parts", sizeOf(t, path), r.Low(), part)
		}
	}
	if r.GiveUp() {
		t.Error("an empty reserve gives something up")
	}
	room = 11 << 20
	if r.Keep() || !r.Low() {
		t.Error("it was made whole with next to no room left")
	}
	room = 12 << 20
	if !r.Keep() || r.Low() || sizeOf(t, path) != 8<<20 {
		t.Errorf("with room again: %d bytes, low %v", sizeOf(t, path), r.Low())
	}
	// A process that is killed leaves it; the next one takes it over.
	room = 0
	next := diskfile.NewReserve(path, func() (int64, bool) { return room, true })
	if !next.Keep() || !next.GiveUp() {
		t.Errorf("what was left is not taken over: %d bytes", sizeOf(t, path))
	}
	for range 2 {
		if err := next.Close(); err != nil || sizeOf(t, path) != -1 {
			t.Errorf("Close = %v; %d bytes are left", err, sizeOf(t, path))
		}
	}
}

func TestWhereThereIsNoReserve(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.reserve")
	var none diskfile.Reserve
	if !none.Keep() || none.Low() || none.GiveUp() || none.Close() != nil {
		t.Error("the zero Reserve keeps something")
	}
	small := diskfile.NewReserve(path, func() (int64, bool) { return 4 << 20, true })
	if !small.Keep() || small.Low() || sizeOf(t, path) != -1 {
		t.Errorf("where there are 4 MiB it keeps %d bytes", sizeOf(t, path))
	}
	if err := os.WriteFile(path, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := diskfile.NewReserve(path, func() (int64, bool) { return 1 << 40, true })
	if !taken.Keep() || taken.GiveUp() || taken.Close() != nil || sizeOf(t, path) != 10 {
		t.Error("a file of somebody else was touched")
	}
}
