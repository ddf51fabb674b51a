#!/bin/sh
# Hook after `helm plugin install` and `update`: shows at once whether the plugin can run. Helm 4
# sets no HELM_BIN here. A plugin whose hook failed stays installed, so the launcher says it again.
set -eu
here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd -P)
version=$("$here/launcher.sh" version)
echo "$version is ready: helm nodeping --help"
