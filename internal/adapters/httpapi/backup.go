package httpapi

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/memista/memista/internal/adapters/web"
)

// A backup is sent in parts, each of which may take so long: its caller may be slow, but
// not stop.
const (
	backupPart    = 1 << 20
	backupPartMax = time.Minute
)

// backup answers GET /v1/backup with a SQLite file. It is whole before the first byte is
// sent, so an error in making it is answered as any other. An answer that is cut off is
// shorter than its Content-Length says.
func (a *api) backup(c *web.Call) (err error) {
	file, err := a.uses.Backup(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	header := c.Header()
	header.Set("Content-Type", "application/vnd.sqlite3")
	header.Set("Content-Length", strconv.FormatInt(file.Size(), 10))
	header.Set("Content-Disposition", `attachment; filename="memista-`+time.Now().UTC().Format("20060102-150405")+`.db"`)
	c.Writer().WriteHeader(http.StatusOK)
	return sendFile(c.Writer(), file)
}

// sendFile sends file part by part. When it fails the answer has begun, and all that can
// be done is to break it off.
func sendFile(w http.ResponseWriter, file io.Reader) error {
	control := http.NewResponseController(w)
	for {
		// Not every writer has a deadline to set; those of net/http do.
		_ = control.SetWriteDeadline(time.Now().Add(backupPartMax))
		switch _, err := io.CopyN(w, file, backupPart); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
