#!/bin/sh
// 2>/dev/null; command -v node >/dev/null && exec node "$0" "$@"; PATH="${PATH:+$PATH:}/usr/bin:/bin"; exec sh "$(dirname "$(readlink -f "$0")")/with-node.sh" "$0" "$@"
// Above is what a shell makes of this file: it finds Node.js, which then starts here.
const name = process.env.DUPLIFS_AS ?? process.argv[1] ?? '';
if (process.argv[2] === '__complete' && !/\bduplicity(\.js)?$/.test(name)) {
  const { complete } = await import('../dist/program/completion.js');
  await complete();
} else {
  const { loadProgram } = await import('./load-program.js');
  await loadProgram().main();
}
