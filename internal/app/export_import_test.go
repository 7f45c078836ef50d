package app

// ImportSilence is how long an import may say nothing.
const ImportSilence = importSilence
