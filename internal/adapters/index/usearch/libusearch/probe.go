package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// probe asks whether the compiler knows an instruction set: it must compile the file
// with the flags.
type probe struct {
	target, file string
	flags        []string
}

// The instruction sets the kernels are written for, with the flags their authors probe
// them with. What the compiler knows is compiled in; what the machine has is chosen when
// the program runs.
var probes = map[string][]probe{
	"amd64": {
		{"HASWELL", "x86_haswell.c", []string{"-mavx2", "-mfma", "-mf16c"}},
		{"SKYLAKE", "x86_skylake.c", []string{"-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"}},
		{"ICELAKE", "x86_icelake.c", []string{"-mavx512vnni", "-mavx512vl"}},
		{"GENOA", "x86_genoa.c", []string{"-mavx512bf16", "-mavx512vl"}},
		{"SAPPHIRE", "x86_sapphire.c", []string{"-mavx512fp16", "-mavx512vl"}},
		{"SAPPHIREAMX", "x86_sapphireamx.c", []string{"-mamx-tile", "-mamx-int8"}},
		{"GRANITEAMX", "x86_graniteamx.c", []string{"-mamx-tile", "-mamx-fp16"}},
		{"DIAMOND", "x86_diamond.c", []string{"-mavx10.2-512"}},
		{"TURIN", "x86_turin.c", []string{"-mavx512vp2intersect"}},
		{"ALDER", "x86_alder.c", []string{"-mavxvnni"}},
		{"SIERRA", "x86_sierra.c", []string{"-mavxvnniint8"}},
	},
	"arm64": {
		{"NEON", "arm_neon.c", []string{"-march=armv8-a+simd"}},
		{"NEONHALF", "arm_neon_half.c", []string{"-march=armv8.2-a+simd+fp16"}},
		{"NEONSDOT", "arm_neon_sdot.c", []string{"-march=armv8.2-a+dotprod"}},
		{"NEONBFDOT", "arm_neon_bfdot.c", []string{"-march=armv8.6-a+simd+bf16"}},
		{"NEONFHM", "arm_neon_fhm.c", []string{"-march=armv8.2-a+simd+fp16+fp16fml"}},
		{"NEONFP8", "arm_neonfp8.c", []string{"-march=armv8-a+simd+fp8dot4"}},
		{"SVE", "arm_sve.c", []string{"-march=armv8.2-a+sve"}},
		{"SVEHALF", "arm_sve_half.c", []string{"-march=armv8.2-a+sve+fp16"}},
		{"SVEBFDOT", "arm_sve_bfdot.c", []string{"-march=armv8.2-a+sve+bf16"}},
		{"SVESDOT", "arm_sve_sdot.c", []string{"-march=armv8.2-a+sve+dotprod"}},
		{"SVE2", "arm_sve2.c", []string{"-march=armv8.2-a+sve2"}},
		{"SVE2P1", "arm_sve2p1.c", []string{"-march=armv8.2-a+sve2p1"}},
		{"SME", "arm_sme.c", []string{"-march=armv8-a+sme"}},
		{"SME2", "arm_sme2.c", []string{"-march=armv8-a+sme2"}},
		{"SME2P1", "arm_sme2p1.c", []string{"-march=armv8-a+sme2p1"}},
		{"SMEF64", "arm_sme_f64.c", []string{"-march=armv8-a+sme+sme-f64f64"}},
		{"SMEHALF", "arm_sme_half.c", []string{"-march=armv8-a+sme+sme-f16f16"}},
		{"SMEBF16", "arm_sme_bf16.c", []string{"-march=armv8-a+sme2+sme-b16b16"}},
		{"SMEBI32", "arm_sme_bi32.c", []string{"-march=armv8-a+sme2"}},
		{"SMELUT2", "arm_sme_lut2.c", []string{"-march=armv8-a+sme2+lut"}},
		{"SMEFA64", "arm_sme_fa64.c", []string{"-march=armv8-a+sme+sme-fa64"}},
	},
}

// writeProbes writes the header that tells the kernels which instruction sets the
// compiler knows.
func (c *compiler) writeProbes(ctx context.Context) error {
	c.probes = filepath.Join(c.out, "nk_probes.h")
	var b strings.Builder
	known := 0
	for _, p := range probes[runtime.GOARCH] {
		args := append([]string{"-c", filepath.Join(c.src, "numkong", "probes", p.file), "-o", filepath.Join(c.out, "probe.o"), "-O0", "-w"}, p.flags...)
		has := 0
		if c.run(ctx, c.cc, args...) == nil {
			has = 1
			known++
		}
		fmt.Fprintf(&b, "#define NK_TARGET_%s %d\n", p.target, has)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if known == 0 && len(probes[runtime.GOARCH]) > 0 {
		return fmt.Errorf("%s knows no vector instructions of %s: USearch would run serial code", c.cc, runtime.GOARCH)
	}
	os.Remove(filepath.Join(c.out, "probe.o"))
	return os.WriteFile(c.probes, []byte(b.String()), 0o644)
}
