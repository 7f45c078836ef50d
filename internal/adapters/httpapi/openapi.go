package httpapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var openapiYAML []byte

// openapiJSON is the contract as JSON, converted at first use.
var openapiJSON = sync.OnceValues(func() ([]byte, error) {
	var doc any
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(doc)
})

// OpenAPI returns the contract of the API: an OpenAPI 3.1 document in YAML.
func OpenAPI() []byte { return append([]byte(nil), openapiYAML...) }

// openapi answers GET /openapi.json.
func (h *Handler) openapi(c *gin.Context) error {
	doc, err := openapiJSON()
	if err != nil {
		return err
	}
	send(c, http.StatusOK, doc)
	return nil
}
