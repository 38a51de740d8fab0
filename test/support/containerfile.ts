/** Does what a Containerfile says, without a container engine: in a root file system made by debootstrap. */
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeBareRoot, runInside } from './bare-root.js';
import type { InsideOptions } from './bare-root.js';
import { root } from './run.js';

/** What a container that is made of it is started with. */
export interface Image {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** A line of shell. */
  readonly healthcheck: string;
}

interface Building {
  readonly folder: string;
  readonly release: string;
  readonly args: Map<string, string>;
  env: Record<string, string>;
  user: string;
  entrypoint: string[];
  command: string[];
  healthcheck: string;
}

/**
 * @param path of the Containerfile
 * @param release the folder that it knows as "release"
 * @param folder where the root file system is made
 */
export async function buildImage(path: string, release: string, folder: string): Promise<Image> {
  const image: Building = {
    folder,
    release,
    args: new Map<string, string>(),
    env: {},
    user: 'root',
    entrypoint: [],
    command: [],
    healthcheck: '',
  };
  const lines = (await readFile(path, 'utf8')).split('\n');
  for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const step = steps[name];
    if (step === undefined) throw new Error(`Nobody knows what this does: ${line}`);
    await step(
      image,
      rest.replaceAll(/\$\{(\w+)\}/g, (_, arg: string) => image.args.get(arg) ?? ''),
    );
  }
  return image;
}

const words = (json: string): string[] => JSON.parse(json) as string[];

const steps: Record<string, (image: Building, rest: string) => Promise<void> | void> = {
  FROM: async ({ folder }, rest) => {
    const suite = /^debian:(\w+)-slim$/.exec(rest)?.[1];
    if (suite === undefined) throw new Error(`This is no image of Debian: ${rest}`);
    await makeBareRoot(suite, folder);
  },
  ARG: ({ args }, rest) => {
    const [name = '', value = ''] = rest.split('=');
    args.set(name, value);
  },
  COPY: async ({ folder, release }, rest) => {
    const [from = '', to = ''] = rest.split(' ');
    const source = from.startsWith('release/')
      ? join(release, from.slice('release/'.length))
      : join(root, from);
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await cp(source, join(folder, to));
  },
  RUN: async ({ folder }, rest) => {
    const { status, stdout, stderr } = await runInside(folder, ['sh', '-c', rest]);
    if (status !== 0) throw new Error(`RUN ${rest}: status ${status}\n${stdout}\n${stderr}`);
  },
  ENV: (image, rest) => {
    const pairs = rest.split(' ').map((pair) => pair.split('='));
    image.env = { ...image.env, ...(Object.fromEntries(pairs) as Record<string, string>) };
  },
  VOLUME: async ({ folder }, rest) => {
    await mkdir(join(folder, rest), { recursive: true });
  },
  WORKDIR: () => undefined,
  USER: (image, rest) => {
    image.user = rest;
  },
  HEALTHCHECK: (image, rest) => {
    image.healthcheck = / CMD (.*)$/.exec(rest)?.[1] ?? '';
  },
  ENTRYPOINT: (image, rest) => {
    image.entrypoint = words(rest);
  },
  CMD: (image, rest) => {
    image.command = words(rest);
  },
};

/** A container: the command with the image's entry point, in its root file system, which is read-only. */
export async function runContainer(
  { folder, env, user }: Image,
  command: readonly string[],
  { env: more, ...options }: InsideOptions,
): ReturnType<typeof runInside> {
  return runInside(folder, command, {
    isReadOnly: true,
    user,
    env: { ...env, ...more },
    ...options,
  });
}
