package app

import "time"

// SetImportSilence sets how long an import may say nothing, before any has begun.
func (s *Service) SetImportSilence(d time.Duration) { s.importSilence = d }
