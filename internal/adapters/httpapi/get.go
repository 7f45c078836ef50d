package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// chunk answers GET /v1/databases/{id}/chunks/{chunk_id}.
func (h *Handler) chunk(c *gin.Context) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	id, err := chunkID(c)
	if err != nil {
		return err
	}
	fields, err := include(c)
	if err != nil {
		return err
	}
	ch, err := h.svc.Chunk(c.Request.Context(), database, id, fields)
	if err != nil {
		return err
	}
	b := append(appendChunk([]byte{'{'}, &ch, fields), "}\n"...)
	send(c, http.StatusOK, b)
	return nil
}
