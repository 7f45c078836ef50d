package server

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapOver returns a logger for the handler that writes to l; nil stays nil.
func zapOver(l *slog.Logger) *zap.Logger {
	if l == nil {
		return nil
	}
	return zap.New(core{l.Handler()})
}

// core is a zapcore.Core over a slog.Handler.
type core struct{ h slog.Handler }

var levels = map[zapcore.Level]slog.Level{zapcore.DebugLevel: slog.LevelDebug, zapcore.InfoLevel: slog.LevelInfo, zapcore.WarnLevel: slog.LevelWarn}

// level returns the level of slog; above zap's error there is only error.
func level(l zapcore.Level) slog.Level {
	if s, ok := levels[l]; ok {
		return s
	}
	return slog.LevelError
}

// Enabled reports whether the handler wants lines of that level.
func (c core) Enabled(l zapcore.Level) bool { return c.h.Enabled(context.Background(), level(l)) }

// With returns a core whose lines have fields.
func (c core) With(fields []zapcore.Field) zapcore.Core { return core{c.h.WithAttrs(attrs(fields))} }

// Check adds c to the cores that write the line, if the handler wants it.
func (c core) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

// Write hands a line to the handler.
func (c core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	r := slog.NewRecord(e.Time, level(e.Level), e.Message, 0)
	r.AddAttrs(attrs(fields)...)
	return c.h.Handle(context.Background(), r)
}

// Sync does nothing: a slog.Handler has no buffer of ours.
func (core) Sync() error { return nil }

// attrs are fields as slog has them, in their order.
func attrs(fields []zapcore.Field) []slog.Attr {
	out := make([]slog.Attr, 0, len(fields))
	for _, f := range fields {
		enc := zapcore.NewMapObjectEncoder()
		f.AddTo(enc)
		for name, value := range enc.Fields { // one, or for an error also its details
			out = append(out, slog.Any(name, value))
		}
	}
	return out
}
