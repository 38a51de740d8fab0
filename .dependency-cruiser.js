/**
 * What ESLint cannot see: circles that are made of types alone, what the rooms of pure computation import of Node.js, and
 * files that nobody uses. `npm run docs:picture` draws docs/design.md's picture with it.
 */
const inAndOut =
  '^(?:node:)?(?:fs|net|tls|dgram|dns|http|http2|https|child_process|worker_threads|cluster|readline|repl)(?:/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Not even of types: give what both need a file of its own',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'archive, librsync and time take bytes or values and return values',
      severity: 'error',
      from: { path: '^src/(?:archive|librsync|time)/' },
      to: { path: inAndOut },
    },
    {
      name: 'no-orphan',
      comment: 'Nobody uses it',
      severity: 'error',
      // threads are started by their URL; declarations are found by the compiler
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '-thread\\.ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
