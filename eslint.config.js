import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/**
 * The rooms of src/ and what each may use (docs/design.md, "The rooms"). Another room is entered
 * through its index.ts only. `base` is open to all.
 */
const rooms = {
  base: [],
  time: [],
  librsync: [],
  archive: ['time', 'librsync'],
  openpgp: [],
  storage: [],
  volume: ['openpgp', 'storage'],
  catalog: ['archive', 'volume', 'storage', 'librsync', 'openpgp'],
  content: ['catalog', 'volume', 'librsync'],
  snapshot: ['catalog', 'content', 'time'],
  mount: ['snapshot', 'time'],
  restore: ['snapshot', 'time', 'librsync'],
  backup: ['archive', 'librsync', 'volume', 'catalog', 'storage', 'openpgp', 'time'],
  upkeep: ['archive', 'catalog', 'storage', 'time'],
};

const zones = Object.entries(rooms).flatMap(([room, allowed]) =>
  [...Object.keys(rooms), 'cli'].flatMap((other) => {
    if (other === room) return [];
    const open = other === 'base' || allowed.includes(other);
    return [
      {
        target: `./src/${room}`,
        from: `./src/${other}`,
        ...(open ? { except: ['./index.ts'] } : {}),
        message: open ? `Import src/${other}/index.ts` : `${room}/ may not use ${other}/`,
      },
    ];
  }),
);
const doors = Object.keys(rooms).map((other) => ({
  target: './src/cli',
  from: `./src/${other}`,
  except: ['./index.ts'],
  message: `Import src/${other}/index.ts`,
}));

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', 'test/fixtures', 'bench/results'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: [...zones, ...doors] }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['bench/**', 'test/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', Buffer: 'readonly', URL: 'readonly' },
    },
  },
  prettier,
);
