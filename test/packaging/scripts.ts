/** The scripts that make packages, with the types of what the tests call: they are plain JavaScript. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../support/run.js';

export interface Shipped {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text?: string;
}

interface Modules {
  readonly checksums: { readonly writeChecksums: (folder: string) => string };
  readonly debian: {
    readonly debianVersion: (version: string) => string;
    readonly fillControl: (template: string, values: Readonly<Record<string, unknown>>) => string;
    readonly maintainer: (env: Readonly<Record<string, string>>) => string;
    readonly wantedLibraries: (files: readonly string[]) => {
      readonly libc: string;
      readonly libstdcxx: number;
    };
  };
  readonly dependencies: {
    readonly neededPackages: (
      locked: Readonly<Record<string, unknown>>,
      joined: readonly string[],
      isInstalled: (path: string) => boolean,
    ) => string[];
  };
  readonly licences: {
    readonly isCompatible: (licence: string) => boolean;
    readonly joinedNames: (program: string) => string[];
    readonly licenceOf: (folder: string) => Shipped;
    readonly licenceText: (parts: Readonly<Record<string, unknown>>) => string;
  };
  readonly 'needed-files': {
    readonly isNeededFile: (name: string, path: string) => boolean;
    readonly isEsBuildUnused: (packageFile: Readonly<Record<string, unknown>>) => boolean;
  };
  readonly sbom: {
    readonly billOfMaterials: (options: Readonly<Record<string, unknown>>) => string;
  };
  readonly settings: {
    readonly architectures: Readonly<
      Record<
        'x64' | 'arm64',
        {
          readonly debian: string;
          readonly node: Readonly<Record<'version' | 'sha1' | 'integrity' | 'package', string>>;
        }
      >
    >;
  };
  readonly 'shipped-node': {
    readonly checkSums: (
      bytes: Buffer,
      pinned: { readonly sha1: string; readonly integrity: string },
    ) => void;
  };
  readonly stage: {
    readonly importedBy: (source: string) => string[];
    readonly userDocs: readonly string[];
  };
}

/** One of scripts/package. */
export async function script<Name extends keyof Modules>(name: Name): Promise<Modules[Name]> {
  const path = join(root, 'scripts/package', `${name}.js`);
  return (await import(pathToFileURL(path).href)) as Modules[Name];
}
