package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// deleteChunk answers DELETE of one chunk.
func (h *Handler) deleteChunk(name naming) func(*gin.Context) error {
	return func(c *gin.Context) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		if err := h.svc.DeleteChunk(c.Request.Context(), database, ref); err != nil {
			return err
		}
		return sendValue(c, http.StatusOK, deleted{Deleted: 1})
	}
}

type deleted struct {
	Deleted int `json:"deleted"`
}
