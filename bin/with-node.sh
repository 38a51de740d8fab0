#!/bin/sh
# Runs a script by Node.js: with-node.sh SCRIPT [ARGUMENT...]
#
# mount(8) runs its helpers without PATH, and so do systemd and automount(8): what a shell takes then is short. So the
# Node.js that was installed with the script is looked for beside it, and beside each link that leads to it.
export PATH
called=$1
shift
at=$called
while :; do
  folder=$(dirname "$at")
  if [ -f "$folder/node" ] && [ -x "$folder/node" ]; then exec "$folder/node" "$called" "$@"; fi
  [ -L "$at" ] || break
  target=$(readlink "$at")
  case $target in
    /*) at=$target ;;
    *) at=$folder/$target ;;
  esac
done
if command -v node >/dev/null 2>&1; then exec node "$called" "$@"; fi
name=$(basename "$called" .js)
echo "$name: Node.js was not found: there is no \"node\" beside \"$at\" or a link to it, and none in PATH ($PATH)" >&2
echo "Make it known with: ln -s \"\$(command -v node)\" /usr/local/bin/node" >&2
exit 2
