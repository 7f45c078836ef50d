//go:build amd64 && !purego

package simd

// AVX-512 machines run the AVX2 kernels: the walk waits for memory, not for arithmetic.

func gatherDot(l level, g *Gather) {
	if l == generic {
		gatherDotGo(g)
		return
	}
	gatherDotAVX2(g)
}

func gatherL2(l level, g *Gather) {
	if l == generic {
		gatherL2Go(g)
		return
	}
	gatherL2AVX2(g)
}

func gatherDotBF16(l level, g *Gather) {
	if l == generic {
		gatherDotBF16Go(g)
		return
	}
	gatherDotBF16AVX2(g)
}

func gatherDotI8(l level, g *Gather) {
	if l == generic {
		gatherDotI8Go(g)
		return
	}
	gatherDotI8AVX2(g)
}

//go:noescape
func gatherDotAVX2(args *Gather)

//go:noescape
func gatherL2AVX2(args *Gather)

//go:noescape
func gatherDotBF16AVX2(args *Gather)

//go:noescape
func gatherDotI8AVX2(args *Gather)
