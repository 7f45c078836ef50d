package mcp

import (
	"context"
	"errors"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// within is the use cases for a caller who reaches some databases only: others do not exist
// for it.
type within struct {
	uses    UseCases
	reaches func(id string) bool
}

func (w within) check(id string) error {
	if w.reaches(id) {
		return nil
	}
	return domain.DatabaseNotFound(id)
}

// maxPage is how many databases are asked for at once while few of them can be reached.
const maxPage = 10_000

// growth is how many times larger the next page is.
const growth = 8

// DatabasesPage reads on until a page is full, for a page of all may have none of these.
// Each page costs a look at all databases, so the next one is larger, as far as the service
// allows.
func (w within) DatabasesPage(ctx context.Context, o *api.DatabasesOptions) (api.DatabasePage, error) {
	var found api.DatabasePage
	most := maxPage
	for next := *o; ; {
		page, err := w.uses.DatabasesPage(ctx, &next)
		if errors.Is(err, domain.ErrInvalid) && next.Limit > o.Limit {
			most, next.Limit = next.Limit/growth, next.Limit/growth
			continue
		}
		if err != nil {
			return api.DatabasePage{}, err
		}
		for _, d := range page.Databases {
			switch {
			case !w.reaches(d.ID):
			case len(found.Databases) == o.Limit:
				found.Next = found.Databases[o.Limit-1].ID
				return found, nil
			default:
				found.Databases = append(found.Databases, d)
			}
		}
		if page.Next == "" {
			return found, nil
		}
		next.After, next.Limit = page.Next, max(min(next.Limit*growth, most), next.Limit)
	}
}

func (w within) Describe(ctx context.Context, id string) (api.DatabaseInfo, error) {
	if err := w.check(id); err != nil {
		return api.DatabaseInfo{}, err
	}
	return w.uses.Describe(ctx, id)
}

func (w within) Query(ctx context.Context, id string, queries []api.Query, o *api.QueryOptions) (api.Results, error) {
	if err := w.check(id); err != nil {
		return api.Results{}, err
	}
	return w.uses.Query(ctx, id, queries, o)
}

func (w within) Get(ctx context.Context, id string, chunk int64) (api.Chunk, error) {
	if err := w.check(id); err != nil {
		return api.Chunk{}, err
	}
	return w.uses.Get(ctx, id, chunk)
}

func (w within) GetByKey(ctx context.Context, id, key string) (api.Chunk, error) {
	if err := w.check(id); err != nil {
		return api.Chunk{}, err
	}
	return w.uses.GetByKey(ctx, id, key)
}

func (w within) List(ctx context.Context, id string, o *api.ListOptions) (api.Page, error) {
	if err := w.check(id); err != nil {
		return api.Page{}, err
	}
	return w.uses.List(ctx, id, o)
}

func (w within) Count(ctx context.Context, id string, f *api.Filter) (int64, error) {
	if err := w.check(id); err != nil {
		return 0, err
	}
	return w.uses.Count(ctx, id, f)
}

func (w within) Insert(ctx context.Context, id string, chunks []api.Chunk, o *api.InsertOptions) ([]int64, error) {
	if err := w.check(id); err != nil {
		return nil, err
	}
	return w.uses.Insert(ctx, id, chunks, o)
}

func (w within) Patch(ctx context.Context, id string, chunk int64, p api.Patch) (api.Chunk, error) {
	if err := w.check(id); err != nil {
		return api.Chunk{}, err
	}
	return w.uses.Patch(ctx, id, chunk, p)
}

func (w within) PatchByKey(ctx context.Context, id, key string, p api.Patch) (api.Chunk, error) {
	if err := w.check(id); err != nil {
		return api.Chunk{}, err
	}
	return w.uses.PatchByKey(ctx, id, key, p)
}

func (w within) Delete(ctx context.Context, id string, chunks ...int64) (int, error) {
	if err := w.check(id); err != nil {
		return 0, err
	}
	return w.uses.Delete(ctx, id, chunks...)
}

func (w within) DeleteKeys(ctx context.Context, id string, keys ...string) (int, error) {
	if err := w.check(id); err != nil {
		return 0, err
	}
	return w.uses.DeleteKeys(ctx, id, keys...)
}
