package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Remember writes the number of each node's process into its directory, for StopDetached.
func (c *Cluster) Remember() error {
	var errs []error
	for _, n := range c.Nodes {
		errs = append(errs, os.WriteFile(filepath.Join(n.Dir, "pid"), []byte(strconv.Itoa(n.PID())), 0o600))
	}
	return errors.Join(errs...)
}

// StopDetached asks the remembered nodes in dir to end, waits until they have, and returns
// how many that were. Their data stays.
func StopDetached(dir string) (stopped int, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "node*", "pid"))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, file := range files {
		ran, err := stopOne(file)
		if ran && err == nil {
			stopped++
		}
		if err == nil {
			err = os.Remove(file)
		}
		errs = append(errs, err)
	}
	return stopped, errors.Join(errs...)
}

// stopOne ends the process whose number is in file, and reports whether it ran.
func stopOne(file string) (bool, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return false, err
	}
	if !worksIn(pid, filepath.Dir(file)) {
		return false, nil // it has ended; the number may be somebody else's now
	}
	p, err := os.FindProcess(pid)
	if err == nil {
		err = terminate(p)
	}
	if err != nil {
		return true, err
	}
	for end := time.Now().Add(patience); worksIn(pid, filepath.Dir(file)); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return true, errors.Join(fmt.Errorf("process %d does not end, killed", pid), p.Kill())
		}
	}
	return true, nil
}

// worksIn reports whether a process runs in that directory, on Linux.
func worksIn(pid int, dir string) bool {
	at, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	return err == nil && at == dir
}
