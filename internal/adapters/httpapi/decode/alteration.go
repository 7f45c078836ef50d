package decode

import (
	"github.com/memista/memista/internal/domain"
)

// Alteration reads the settings to change; null is the default, where there is one
// for a database that has chunks.
func Alteration(body []byte) (a domain.Alteration, err error) {
	var d chunkDecoder
	d.Reset(body)
	_, err = d.Object(settingsFields, func(field int) error {
		var set domain.Settings
		name := settingsFields[field]
		if name == "embedder" && !d.Null() {
			return d.Errorf("the embedder of a database is changed by POST /v1/databases/{id}/reembed, which embeds the stored texts again")
		}
		if name == "vectors" && !d.Null() {
			return d.Errorf("the named vectors of a database stay as they are: make another one and insert its chunks there")
		}
		if null := d.Null(); null && (name == "dimensions" || name == "metric" || name == "embedder" || name == "sparse" || name == "vectors") {
			return nil
		} else if !null {
			if err := d.setting(name, &set); err != nil {
				return err
			}
		}
		pick(&a, name, &set)
		return nil
	})
	if err == nil {
		err = d.End()
	}
	return a, err
}

// pick puts the setting called name into a.
func pick(a *domain.Alteration, name string, set *domain.Settings) {
	switch name {
	case "dimensions":
		a.Dims = &set.Dims
	case "metric":
		a.Metric = &set.Metric
	case "engine":
		a.Engine = &set.Engine
	case "m":
		a.M = &set.M
	case "ef_construction":
		a.EfConstruction = &set.EfConstruction
	case "ef_search":
		a.EfSearch = &set.EfSearch
	case "storage":
		a.Storage = &set.Storage
	case "ttl_seconds":
		a.TTL = &set.TTL
	case "full_text":
		a.FullText = &set.FullText
	case "metadata":
		a.Metadata = &set.Metadata
	case "optional_embeddings":
		a.OptionalEmbeddings = &set.OptionalEmbeddings
	case "sparse":
		a.Sparse = &set.Sparse
	case "target_recall":
		a.TargetRecall = &set.TargetRecall
	}
}
