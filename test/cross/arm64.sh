#!/usr/bin/env bash
# Runs the arm64 binary $1 under qemu: import, search, restart, search again. Without
# qemu it says so and passes, but installs it first with INSTALL=1 or in CI, where it is
# not allowed to be missing.
set -euo pipefail

binary=$(realpath "$1")
run=("$binary")

if [[ $(uname -m) != aarch64 && $(uname -m) != arm64 ]]; then
	qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
	if [[ -z $qemu && (${INSTALL:-} == 1 || ${CI:-} == true) ]]; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qemu-user-static
		qemu=$(command -v qemu-aarch64-static)
	fi
	if [[ -z $qemu ]]; then
		echo "not run: $1 needs qemu-aarch64-static (package qemu-user-static; make cross INSTALL=1 installs it)"
		exit 0
	fi
	run=("$qemu" "$binary")
fi

dir=$(mktemp -d)
server=
stop() { if [[ -n $server ]]; then kill "$server" 2>/dev/null && wait "$server" || true; server=; fi; }
trap 'stop; rm -rf "$dir"' EXIT

start() {
	: >"$dir/log"
	(cd "$dir" && exec "${run[@]}" serve --server-port 0 --database-path "$dir/data/memista.db" >>"$dir/log" 2>&1) &
	server=$!
	url=
	for ((i = 0; i < 600; i++)); do
		url=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$dir/log" | head -1 || true)
		if [[ -n $url ]]; then return; fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	echo "the server did not start:"; cat "$dir/log"; exit 1
}

ask() { "${run[@]}" --server "$url" "$@"; }

check() { # the nearest of four words must be "two" in every state
	local got
	got=$(ask search numbers --json -k 1 -- 0.1 2 0.1)
	[[ $got == *'"text":"two"'* ]] || { echo "search answered: $got"; exit 1; }
}

cat >"$dir/numbers.jsonl" <<'JSONL'
{"embedding": [1, 0, 0], "text": "one"}
{"embedding": [0, 2, 0], "text": "two"}
{"embedding": [0, 0, 3], "text": "three"}
{"embedding": [1, 1, 1], "text": "four"}
JSONL

"${run[@]}" version
start
ask import numbers "$dir/numbers.jsonl" --metric cosine
check
stop
start
check
stop
echo "arm64: import, search, restart, search: ok"
