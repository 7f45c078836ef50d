package decode

import (
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

var reembedFields = []string{"embedder", "metric"}

// Reembed reads which embedder a database is to get.
func Reembed(body []byte) (in app.Reembed, err error) {
	var d chunkDecoder
	d.Reset(body)
	seen, err := d.Object(reembedFields, func(field int) error {
		if field == 1 && d.Null() {
			return nil
		}
		var set domain.Settings
		err := d.setting(reembedFields[field], &set)
		if field == 0 {
			in.Embedder = set.Embedder.EmbedderRef
		} else {
			in.Metric = set.Metric
		}
		return err
	})
	if err == nil {
		err = required(reembedFields, seen, 0b01)
	}
	if err == nil {
		err = d.End()
	}
	return in, err
}
