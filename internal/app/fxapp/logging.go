package fxapp

import (
	"fmt"
	"io"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/memista/memista/internal/app/config"
)

var logging = fx.Module("logging", fx.Provide(newLogs))

// logOutput is where the log goes.
type logOutput struct{ io.Writer }

// logs are the two loggers over one output, in one order.
type logs struct {
	fx.Out
	Log    *zap.Logger // written at once
	Access *zap.Logger `name:"access"` // one line per request, written together with what follows soon
}

func newLogs(lc fx.Lifecycle, cfg config.Config, out logOutput) (logs, error) {
	level, err := zapcore.ParseLevel(cfg.LogLevel)
	if err != nil {
		return logs{}, fmt.Errorf("log_level: %w", err)
	}
	format := zap.NewProductionEncoderConfig()
	format.EncodeTime = zapcore.ISO8601TimeEncoder
	format.EncodeDuration = zapcore.StringDurationEncoder
	encoder := zapcore.NewJSONEncoder(format)
	if cfg.LogFormat == "console" {
		encoder = zapcore.NewConsoleEncoder(format)
	}
	sink := newLogSink(out)
	lc.Append(fx.StopHook(sink.stop)) // the first hook of all, so the last to stop
	return logs{
		Log:    zap.New(zapcore.NewCore(encoder, sink, level)),
		Access: zap.New(zapcore.NewCore(encoder, lazySink{sink}, level)),
	}, nil
}
