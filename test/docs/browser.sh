#!/usr/bin/env bash
# Makes sure that there is what looking at the documentation pages needs: Chromium, node
# and npm. With INSTALL=1 or in CI, where they are not allowed to be missing, it installs
# what is not there.
set -euo pipefail

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
if [[ ${#missing[@]} -gt 0 && (${INSTALL:-} == 1 || ${CI:-} == true) ]]; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi
