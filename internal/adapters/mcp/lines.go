package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// maxLine is how long a message may be. It is less than what the SDK takes, which ends
// where there is more.
const maxLine = 15 << 20

// lines are those of an input that are messages, for the SDK ends at the first that is
// none. What it leaves out it answers.
type lines struct {
	in   *bufio.Reader
	out  io.Writer
	rest []byte // of the line that is being read
}

func newLines(in io.Reader, out io.Writer) *lines {
	return &lines{in: bufio.NewReaderSize(in, 64<<10), out: out}
}

// Read implements io.Reader. It returns no more than one line at a time.
func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		line, long, err := l.line()
		line = bytes.TrimSpace(line)
		switch {
		case long:
			l.refuse(jsonrpc.CodeParseError, nil, fmt.Sprintf("a message has at most %d MiB", maxLine>>20))
		case len(line) > 0:
			if l.check(line) {
				l.rest = append(line, '\n')
			}
		}
		if err != nil && len(l.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// line reads a line, which is left out if it is too long.
func (l *lines) line() (line []byte, long bool, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

// check reports whether line is a message, and answers it if not.
func (l *lines) check(line []byte) bool {
	if !json.Valid(line) {
		l.refuse(jsonrpc.CodeParseError, nil, "the line is not JSON")
		return false
	}
	if line[0] == '[' { // which old versions of the protocol know
		l.refuse(jsonrpc.CodeInvalidRequest, nil, "one message a line: several in one are not answered")
		return false
	}
	if _, err := jsonrpc.DecodeMessage(line); err != nil {
		var m struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.Unmarshal(line, &m) // it need not be an object
		l.refuse(jsonrpc.CodeInvalidRequest, m.ID, "the line is not a JSON-RPC message: "+err.Error())
		return false
	}
	return true
}

// refuse answers what is no message. id is that of the call as far as it has one.
func (l *lines) refuse(code int, id json.RawMessage, message string) {
	if raw := refusal(code, id, message); raw != nil {
		_, _ = l.out.Write(append(raw, '\n')) // who has left reads no answer
	}
}

// refusal returns the message that refuses another one, nil if id is no JSON.
func refusal(code int, id json.RawMessage, message string) []byte {
	if len(id) == 0 || strings.ContainsAny(string(id[:1]), "{[tf") { // a string or a number
		id = json.RawMessage("null")
	}
	type failure struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	raw, _ := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   failure         `json:"error"`
	}{"2.0", id, failure{code, strings.ToValidUTF8(message, "\ufffd")}})
	return raw
}

// shared is a writer that several write to, a whole message at a time. It is not ours to
// close.
type shared struct {
	mu  sync.Mutex // held while a message is written
	out io.Writer
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

// Close implements io.Closer.
func (*shared) Close() error { return nil }
