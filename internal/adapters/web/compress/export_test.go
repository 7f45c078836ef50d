package compress

// Slots returns how many bodies d decompresses at once.
func (d *Decoder) Slots() int { return cap(d.slots) }
