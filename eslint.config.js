import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { mayUse, rooms } from './rooms.js';

const names = Object.keys(rooms);
/** One zone for each pair of rooms: closed, or open at its index.ts (rooms.js). */
const zones = names.flatMap((room) =>
  names
    .filter((other) => other !== room)
    .map((other) => ({
      target: `./src/${room}`,
      from: `./src/${other}`,
      except: mayUse(room, other) ? ['./index.ts'] : [],
      message: mayUse(room, other)
        ? `Import src/${other}/index.ts`
        : `${room}/ may not use ${other}/`,
    })),
);

const sizes = {
  'max-lines': ['error', { max: 350 }],
  'max-params': ['error', 4],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
};

/** One way to say what the language lets one say in several. */
const dialect = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  'import-x/consistent-type-specifier-style': ['error', 'prefer-top-level'],
  'import-x/no-duplicates': 'error',
  '@typescript-eslint/naming-convention': [
    'error',
    {
      selector: ['variable', 'function', 'parameter', 'method', 'classProperty'],
      format: ['camelCase'],
      leadingUnderscore: 'allow',
    },
    // classes, and what stands for an enumeration beside the type of that name
    { selector: 'variable', modifiers: ['const'], format: ['camelCase', 'PascalCase'] },
    // names that others chose
    { selector: ['import', 'objectLiteralMethod', 'typeMethod'], format: null },
    { selector: ['variable', 'parameter'], modifiers: ['destructured'], format: null },
    { selector: 'typeLike', format: ['PascalCase'] },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector:
        ':matches(PropertyDefinition, MethodDefinition, TSParameterProperty)[accessibility="private"]:not([kind="constructor"])',
      message: 'Write #name for what is private',
    },
    {
      selector: 'ObjectExpression > SpreadElement > ObjectExpression',
      message: 'Write the properties',
    },
    {
      selector:
        'ObjectExpression > SpreadElement > :matches(ConditionalExpression, LogicalExpression[operator="&&"])',
      message: 'Let the property be undefined, or use defined() for a library that minds',
    },
  ],
};

/**
 * Each spread argument takes room on the stack, which some 120,000 of them fill: lists whose length a storage or a disk
 * decides are gone through one by one. Where the length is known to be small, a comment that says why allows it.
 */
const noSpreadArguments = [
  'error',
  ...dialect['no-restricted-syntax'].slice(1),
  {
    selector: ':matches(CallExpression, NewExpression) > SpreadElement.arguments',
    message: 'Go through the list: a long one is more arguments than the stack holds',
  },
  {
    selector:
      'CallExpression[callee.property.type="Identifier"][callee.property.name="apply"]:not([callee.object.name="Reflect"])',
    message: 'Go through the list: a long one is more arguments than the stack holds',
  },
];

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      '.nodes',
      'api',
      'coverage',
      'test/fixtures',
      'bench/results',
      'release',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
      ...dialect,
    },
  },
  {
    files: ['src/**'],
    // the assembler's lists are our own code
    ignores: ['src/librsync/wasm/assembler.ts'],
    rules: { 'no-restricted-syntax': noSpreadArguments },
  },
  { files: ['bench/**', 'test/**'], rules: { 'no-console': 'off' } },
  { files: ['src/**', 'bench/**', 'scripts/**', 'bin/**'], rules: sizes },
  // what a describe holds is as long as its subject
  {
    files: ['test/**'],
    rules: { 'max-lines': sizes['max-lines'], 'max-params': sizes['max-params'] },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', Buffer: 'readonly', URL: 'readonly' },
    },
  },
  prettier,
);
