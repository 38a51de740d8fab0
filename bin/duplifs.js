#!/bin/sh
// 2>/dev/null; command -v node >/dev/null && exec node "$0" "$@"; PATH="${PATH:+$PATH:}/usr/bin:/bin"; exec sh "$(dirname "$(readlink -f "$0")")/with-node.sh" "$0" "$@"
// Above is what a shell makes of this file: it finds Node.js, which then starts here.
import { main } from '../dist/program/duplifs.js';

await main();
