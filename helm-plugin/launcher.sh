#!/bin/sh
# Runs nodeping: the packaged binary, else the one built in this tree, else the source with Deno; with the
# Deno of npx only where NODEPING_NPX=1 allows what that downloads to read this machine's kubeconfigs.
set -eu
here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname "$here")
old=

for binary in "$here/bin/nodeping" "$root/dist/nodeping"; do
  if [ -x "$binary" ]; then exec "$binary" "$@"; fi
done

if [ -f "$root/main.ts" ] && [ -f "$root/deno.json" ]; then
  export DENO_NO_UPDATE_CHECK=1
  for deno in "${DENO:-deno}" deno; do
    found=$("$deno" --version 2> /dev/null) || continue
    found=${found#deno }
    found=${found%% *}
    major=${found%%.*}
    minor=${found#*.}
    minor=${minor%%.*}
    if { [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge 9 ]; }; } 2> /dev/null; then
      exec "$deno" run --quiet --allow-all --config "$root/deno.json" "$root/main.ts" "$@"
    fi
    old=$found
  done
  if [ "${NODEPING_NPX:-}" = 1 ] && command -v npx > /dev/null 2>&1; then
    exec npx --yes deno@2.9.6 run --quiet --allow-all --config "$root/deno.json" "$root/main.ts" "$@"
  fi
fi

cat >&2 << END
nodeping has no program to run here ($(uname -s) $(uname -m)). Do one of these:
  - install Deno 2.9 or newer (https://docs.deno.com/runtime), so that the plugin runs from source:
    looked for main.ts in $root and for Deno in DENO and on PATH${old:+ (found $old)}
  - let npx download Deno and run the source with it: NODEPING_NPX=1
  - build it: deno task build, which makes $root/dist/nodeping
  - install the plugin archive of your platform, which holds the program:
    nodeping-VERSION-OS-ARCH.tgz, unpacked: helm plugin install ./nodeping
END
exit 127
