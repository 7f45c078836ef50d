package decode

// Operation is one of several that are done in order. Just one of its members is not nil.
type Operation struct {
	Upsert        *Upsert
	Delete        *Selection
	SetPayload    *SetPayload
	Overwrite     *SetPayload
	DeletePayload *DeletePayload
	Clear         *Selection
	UpdateVectors *UpdateVectors
	DeleteVectors *DeleteVectors
}

// ReadBatch reads the body of POST …/points/batch.
func ReadBatch(body []byte, in *Collection) (list []Operation, err error) {
	err = read(body, in, func(r *reader) error {
		found := false
		err := r.object(func(name string) (bool, error) {
			if name != "operations" {
				return false, nil
			}
			found = true
			return true, r.Array(func(int) error {
				var op Operation
				err := r.object(func(name string) (bool, error) { return r.operation(name, &op) })
				if err == nil && op == (Operation{}) {
					err = r.Errorf("data did not match any variant of untagged enum UpdateOperation")
				}
				list = append(list, op)
				return err
			})
		})
		if err == nil && !found {
			err = r.Errorf("missing field `operations`")
		}
		return err
	})
	return list, err
}

func (r *reader) operation(name string, op *Operation) (known bool, err error) {
	if *op != (Operation{}) {
		return true, r.Errorf("an operation does one thing, not `%s` too", clip(name))
	}
	switch name {
	case "upsert":
		op.Upsert = new(Upsert)
		err = r.upsert(op.Upsert)
	case "delete":
		op.Delete = new(Selection)
		err = r.selection(op.Delete)
	case "set_payload":
		op.SetPayload = new(SetPayload)
		err = r.setPayload(op.SetPayload)
	case "overwrite_payload":
		op.Overwrite = new(SetPayload)
		err = r.setPayload(op.Overwrite)
	case "delete_payload":
		op.DeletePayload = new(DeletePayload)
		err = r.deletePayload(op.DeletePayload)
	case "clear_payload":
		op.Clear = new(Selection)
		err = r.selection(op.Clear)
	case "update_vectors":
		op.UpdateVectors = new(UpdateVectors)
		err = r.updateVectors(op.UpdateVectors)
	case "delete_vectors":
		op.DeleteVectors = new(DeleteVectors)
		err = r.deleteVectors(op.DeleteVectors)
	default:
		return false, nil
	}
	return true, err
}
