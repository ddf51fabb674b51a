#!/bin/sh
# Builds a static fping for TARGETARCH from its release, into DIR/usr/bin/fping. Run by the Dockerfile
# in Debian, on any build platform: cross-compiled, not emulated.
#   FPING_VERSION  5.5;  FPING_URL, FPING_SHA256  its release and that file's checksum
#   TARGETARCH     amd64 or arm64; this machine's when empty
set -eu
out=$1
native=$(dpkg --print-architecture)
target=${TARGETARCH:-$native}
case $target in
  amd64) triple=x86_64-linux-gnu ;;
  arm64) triple=aarch64-linux-gnu ;;
  *) echo "Unknown TARGETARCH \"$target\": use amd64 or arm64" >&2; exit 1 ;;
esac
compiler="gcc libc6-dev"
if [ "$target" != "$native" ]; then
  compiler="gcc-$(echo $triple | tr _ -) libc6-dev-$target-cross"
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of packages
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  ca-certificates curl make $compiler > /dev/null

work=$(mktemp -d)
cd "$work"
curl -fsSL --retry 3 -o fping.tar.gz "$FPING_URL"
echo "$FPING_SHA256  fping.tar.gz" | sha256sum --check --quiet
tar -xzf fping.tar.gz --strip-components=1
./configure --quiet --host="$triple" CC="$triple-gcc" CFLAGS="-O2 -fstack-protector-strong" LDFLAGS="-static -s"
make -s -C src
# No setcap: a file with capabilities does not even start where NET_RAW is dropped.
install -D -m 0755 src/fping "$out/usr/bin/fping"
install -D -m 0644 COPYING "$out/usr/share/doc/fping/copyright"
