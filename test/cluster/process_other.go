//go:build !unix

package cluster

import (
	"errors"
	"os"
)

var errUnix = errors.New("a process can be paused and asked to end on Unix only")

func pause(*os.Process) error     { return errUnix }
func resume(*os.Process) error    { return errUnix }
func terminate(*os.Process) error { return errUnix }
