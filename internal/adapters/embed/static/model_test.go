package static_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
)

const dims = 24

// words are what the model of the tests knows, beside single characters of some scripts.
var words = strings.Fields(`the a of in and house river mountain road market bread water light night
	morning winter summer child teacher doctor engine wheel paper letter song music green blue small large
	quick slow walks reads writes sells builds opens closes finds under over beside without before after
	text short straße brown fox jumps lazy dog how do i restore last backup to another machine die war lang went on`)

// parts are what a model is written of.
type parts struct {
	tokens  []string // the first one is for what is unknown
	rows    [][]float32
	weights []float32
	mapping []int32
	dtype   safetensors.DType
	config  string
}

// newParts returns a model with random rows.
func newParts(t testing.TB) parts {
	p := parts{tokens: []string{"[UNK]"}, dtype: safetensors.F32, config: `{"model_type":"model2vec","normalize":true}`}
	p.tokens = append(p.tokens, words...)
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789?.,'ß道は長い🙂" + "مرحبابالعلم" {
		for _, token := range []string{string(r), "##" + string(r)} {
			if !strings.Contains("|"+strings.Join(p.tokens, "|")+"|", "|"+token+"|") {
				p.tokens = append(p.tokens, token)
			}
		}
	}
	const seed = 20261130
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range p.tokens {
		row := make([]float32, dims)
		for i := range row {
			row[i] = float32(r.NormFloat64())
		}
		p.rows = append(p.rows, row)
	}
	return p
}

// numbers writes numbers as a type has them.
func numbers(dtype safetensors.DType, row []float32) (out []byte) {
	for _, x := range row {
		bits := math.Float32bits(x)
		switch dtype {
		case safetensors.F64:
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(x)))
		case safetensors.F32:
			out = binary.LittleEndian.AppendUint32(out, bits)
		case safetensors.BF16:
			out = binary.LittleEndian.AppendUint16(out, uint16(bits>>16))
		case safetensors.F16:
			out = binary.LittleEndian.AppendUint16(out, half(bits))
		case safetensors.I8:
			out = append(out, byte(int8(math.Round(float64(x)*25))))
		default:
			out = append(out, byte(x))
		}
	}
	return out
}

// half cuts the bits of a number to the format of 16; what is small there becomes 0.
func half(bits uint32) uint16 {
	exponent := int(bits>>23&0xFF) - 112
	if exponent <= 0 {
		return 0
	}
	return uint16(bits>>16&0x8000) | uint16(exponent)<<10 | uint16(bits>>13&0x3FF)
}

// write writes the model and returns its folder.
func (p parts) write(t testing.TB) string {
	t.Helper()
	f := &safetensors.File{Tensors: map[string]safetensors.Tensor{}}
	rows := safetensors.Tensor{DType: p.dtype, Shape: []int{len(p.rows), len(p.rows[0])}}
	for _, row := range p.rows {
		rows.Data = append(rows.Data, numbers(p.dtype, row)...)
	}
	f.Tensors["embeddings"] = rows
	if p.weights != nil {
		f.Tensors["weights"] = safetensors.Tensor{DType: safetensors.F64, Shape: []int{len(p.weights)}, Data: numbers(safetensors.F64, p.weights)}
	}
	if p.mapping != nil {
		m := safetensors.Tensor{DType: safetensors.I32, Shape: []int{len(p.mapping)}}
		for _, row := range p.mapping {
			m.Data = binary.LittleEndian.AppendUint32(m.Data, uint32(row))
		}
		f.Tensors["mapping"] = m
	}
	vocab := map[string]int{}
	for i, token := range p.tokens {
		vocab[token] = i
	}
	tokenizer := map[string]any{
		"version":       "1.0",
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model":         map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10_000, "vocab": vocab},
	}
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := safetensors.Write(&table, f); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{static.TableFile: table.String(), static.TokenizerFile: string(text), static.ConfigFile: p.config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// open writes and opens the model.
func (p parts) open(t testing.TB, o static.Options) *static.Embedder {
	t.Helper()
	e, err := static.Open(p.write(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}
