package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/domain"
)

// deleteChunk answers DELETE /v1/databases/{id}/chunks/{chunk_id}.
func (h *Handler) deleteChunk(c *gin.Context) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	id, err := chunkID(c)
	if err != nil {
		return err
	}
	n, err := h.svc.Delete(c.Request.Context(), database, []int64{id})
	if err != nil {
		return err
	}
	if n == 0 {
		return domain.ChunkNotFound(id)
	}
	return sendValue(c, http.StatusOK, deleted{Deleted: n})
}

type deleted struct {
	Deleted int `json:"deleted"`
}
