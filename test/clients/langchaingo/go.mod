module github.com/memista/memista/test/clients/langchaingo

go 1.26.0

require (
	github.com/amikos-tech/chroma-go v0.1.4
	github.com/tmc/langchaingo v0.1.14
)

require (
	github.com/Masterminds/semver v1.5.0 // indirect
	github.com/dlclark/regexp2 v1.10.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/oklog/ulid v1.3.1 // indirect
	github.com/pkoukk/tiktoken-go v0.1.6 // indirect
)
