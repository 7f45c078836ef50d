package qdrantapi

import (
	"context"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
)

// change answers a request that changes points: read reads its body, and what it returns is
// done then.
func (a *api) change(c call, read func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error)) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var do func(ctx context.Context, w *writer) error
	err = a.body(c, func(body []byte) (err error) {
		do, err = read(body, t)
		return err
	})
	if err != nil {
		return err
	}
	return a.write(c, t, func(ctx context.Context) error { return do(ctx, a.writer(c, t)) })
}

// upsert answers PUT …/points.
func (a *api) upsert(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		up, err := decode.ReadUpsert(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.upsert(ctx, &up) }, err
	})
}

// delete answers POST …/points/delete.
func (a *api) delete(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		sel, err := decode.ReadDelete(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.delete(ctx, &sel) }, err
	})
}

// setPayload answers POST …/points/payload: it merges.
func (a *api) setPayload(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		set, err := decode.ReadSetPayload(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.setPayload(ctx, &set) }, err
	})
}

// overwritePayload answers PUT …/points/payload: it replaces.
func (a *api) overwritePayload(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		set, err := decode.ReadSetPayload(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.overwrite(ctx, &set) }, err
	})
}

// deletePayload answers POST …/points/payload/delete.
func (a *api) deletePayload(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		del, err := decode.ReadDeletePayload(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.deletePayload(ctx, &del) }, err
	})
}

// clearPayload answers POST …/points/payload/clear.
func (a *api) clearPayload(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		sel, err := decode.ReadDelete(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.clear(ctx, &sel) }, err
	})
}

// updateVectors answers PUT …/points/vectors.
func (a *api) updateVectors(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		up, err := decode.ReadUpdateVectors(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.updateVectors(ctx, &up) }, err
	})
}

// deleteVectors answers POST …/points/vectors/delete.
func (a *api) deleteVectors(c call) error {
	return a.change(c, func(body []byte, t *target) (func(ctx context.Context, w *writer) error, error) {
		del, err := decode.ReadDeleteVectors(body, t.in)
		return func(ctx context.Context, w *writer) error { return w.deleteVectors(ctx, &del) }, err
	})
}

// batch answers POST …/points/batch: operations in their order.
func (a *api) batch(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var ops []decode.Operation
	err = a.body(c, func(body []byte) (err error) {
		ops, err = decode.ReadBatch(body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	w := a.writer(c, t)
	ctx := c.Patient()
	for i := range ops {
		if err := w.operation(ctx, &ops[i]); err != nil {
			return t.inWords(err)
		}
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, '[')
		for i := range ops {
			if i > 0 {
				b = append(b, ',')
			}
			b = encode.AppendUpdate(b, a.changes.Add(1))
		}
		return append(b, ']'), nil
	})
}

// operation does one of several.
func (w *writer) operation(ctx context.Context, op *decode.Operation) error {
	switch {
	case op.Upsert != nil:
		return w.upsert(ctx, op.Upsert)
	case op.Delete != nil:
		return w.delete(ctx, op.Delete)
	case op.SetPayload != nil:
		return w.setPayload(ctx, op.SetPayload)
	case op.Overwrite != nil:
		return w.overwrite(ctx, op.Overwrite)
	case op.DeletePayload != nil:
		return w.deletePayload(ctx, op.DeletePayload)
	case op.Clear != nil:
		return w.clear(ctx, op.Clear)
	case op.UpdateVectors != nil:
		return w.updateVectors(ctx, op.UpdateVectors)
	}
	return w.deleteVectors(ctx, op.DeleteVectors)
}

// setPayload merges a payload into those of points, at a path if one is given.
func (w *writer) setPayload(ctx context.Context, set *decode.SetPayload) error {
	return w.payloads(ctx, &set.Selection, func(old string) string {
		if set.Key != nil {
			return set.Key.Set(old, set.Payload)
		}
		return payload.Merge(old, set.Payload)
	})
}

// overwrite gives points another payload, or puts one in the place of what a path leads to.
func (w *writer) overwrite(ctx context.Context, set *decode.SetPayload) error {
	return w.payloads(ctx, &set.Selection, func(old string) string {
		if set.Key != nil {
			return set.Key.Replace(old, set.Payload)
		}
		return set.Payload
	})
}

// deletePayload takes what paths lead to out of payloads.
func (w *writer) deletePayload(ctx context.Context, del *decode.DeletePayload) error {
	return w.payloads(ctx, &del.Selection, del.Keys.Remove)
}

// clear empties payloads.
func (w *writer) clear(ctx context.Context, sel *decode.Selection) error {
	return w.payloads(ctx, sel, func(string) string { return payload.Empty })
}
