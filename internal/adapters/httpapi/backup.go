package httpapi

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// A backup is sent in parts, each of which has so long: whoever takes it may be slow, but
// not still.
const (
	backupPart    = 1 << 20
	backupPartMax = time.Minute
)

// backup answers GET /v1/backup with a SQLite file. It is whole before the first byte is
// sent, so what fails in making it is told as any other error. An answer that is cut off
// is shorter than its Content-Length says.
func (h *Handler) backup(c *gin.Context) (err error) {
	file, err := h.svc.Backup(c.Request.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	header := c.Writer.Header()
	header.Set("Content-Type", "application/vnd.sqlite3")
	header.Set("Content-Length", strconv.FormatInt(file.Size(), 10))
	header.Set("Content-Disposition", `attachment; filename="memista-`+time.Now().UTC().Format("20060102-150405")+`.db"`)
	c.Writer.WriteHeader(http.StatusOK)
	return sendFile(c.Writer, file)
}

// sendFile sends file part by part. When it fails the answer has begun, and all that can
// be done is to break it off.
func sendFile(w gin.ResponseWriter, file io.Reader) error {
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
