package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/test/bench/process"
)

// server is a running memista on an empty directory.
type server struct {
	*process.Process
	url string
}

// startLimit is how long a start may take.
const startLimit = 20 * time.Second

// start starts the binary and waits until it is ready.
func start(ctx context.Context, binary string) (*server, error) {
	port, err := process.FreePorts(1)
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://127.0.0.1:" + port[0]}
	s.Process, err = process.Start(ctx, process.Spec{
		Binary: binary, Args: []string{"serve"}, Env: []string{"SERVER_PORT=" + port[0]},
		Ready: s.url + "/readyz", Within: startLimit,
	})
	return s, err
}

// stop ends the server and returns how many fsyncs it has made, as its log says.
func (s *server) stop() (fsyncs int64, err error) {
	log, err := s.Stop()
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(log) {
		var l struct {
			Msg    string
			Fsyncs int64
		}
		if json.Unmarshal(line, &l) == nil && l.Msg == "stopped" {
			return l.Fsyncs, nil
		}
	}
	return 0, fmt.Errorf("the log has no line about the end:\n%s", log)
}

// withServer runs fn with a new server.
func withServer(ctx context.Context, binary string, fn func(*server) error) error {
	s, err := start(ctx, binary)
	if err != nil {
		return err
	}
	err = fn(s)
	_, stopErr := s.stop()
	return errors.Join(err, stopErr)
}
