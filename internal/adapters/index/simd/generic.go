package simd

// dotRows is the plain Go form of the dot product kernels.
func dotRows(q, rows []float32, dims int, out []float32) {
	q = q[:dims]
	for i := range out {
		row := rows[i*dims : i*dims+dims : i*dims+dims]
		var s0, s1, s2, s3 float32
		j := 0
		for ; j+4 <= len(q) && j+4 <= len(row); j += 4 {
			s0 += q[j] * row[j]
			s1 += q[j+1] * row[j+1]
			s2 += q[j+2] * row[j+2]
			s3 += q[j+3] * row[j+3]
		}
		for ; j < len(q) && j < len(row); j++ {
			s0 += q[j] * row[j]
		}
		out[i] = (s0 + s1) + (s2 + s3)
	}
}

// l2Rows is the plain Go form of the squared Euclidean distance kernels.
func l2Rows(q, rows []float32, dims int, out []float32) {
	q = q[:dims]
	for i := range out {
		row := rows[i*dims : i*dims+dims : i*dims+dims]
		var s0, s1, s2, s3 float32
		j := 0
		for ; j+4 <= len(q) && j+4 <= len(row); j += 4 {
			d0, d1 := q[j]-row[j], q[j+1]-row[j+1]
			d2, d3 := q[j+2]-row[j+2], q[j+3]-row[j+3]
			s0 += d0 * d0
			s1 += d1 * d1
			s2 += d2 * d2
			s3 += d3 * d3
		}
		for ; j < len(q) && j < len(row); j++ {
			d := q[j] - row[j]
			s0 += d * d
		}
		out[i] = (s0 + s1) + (s2 + s3)
	}
}
