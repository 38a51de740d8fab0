/** What a kit says of itself, for the program that opens it. */
import { z } from 'zod';
import { DuplifsError } from '../base/index.js';

/** All parts lie in this folder of the archive, so that `tar x` makes one of its own. */
export const kitFolder = 'duplifs-kit';

/** Parts that the program knows. Others are written beside them as they are. */
export const kitPartNames = {
  description: 'kit.json',
  readme: 'README.txt',
  keys: 'keys.asc',
  knownHosts: 'known_hosts',
  passphrases: 'passphrases.txt',
  credentials: 'credentials.json',
  /** The same for a shell. */
  credentialsShell: 'credentials.sh',
  certificates: 'ca-certificates.pem',
} as const;

/** Of the parts that are profiles: `profiles/NAME.toml`. */
export const profilePartPrefix = 'profiles/';

const schema = z.object({
  version: z.literal(1),
  madeSeconds: z.number().int(),
  producer: z.string(),
  /** Without a password. */
  url: z.string(),
  /** Words of the command line that say how to read there. */
  options: z.array(z.string()),
  keys: z.array(
    z.object({ fingerprint: z.string(), userIds: z.array(z.string()), isSecret: z.boolean() }),
  ),
  /** Whether keys and passphrases of the kit are enough to open all of the backup. */
  opensAll: z.boolean(),
});

export type KitDescription = Readonly<z.infer<typeof schema>>;

/** The part that describes the kit. */
export function describeKit(description: KitDescription): Buffer {
  return Buffer.from(`${JSON.stringify(description, undefined, 2)}\n`);
}

/** Reads it. A DuplifsError (DAMAGED) when it is of a newer version, or no description. */
export function readDescription(bytes: Uint8Array): KitDescription {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new DuplifsError(
      'DAMAGED',
      `What the kit says of itself ("${kitPartNames.description}") cannot be understood`,
      {
        hint: 'A newer duplifs may have made it; its README.txt tells how to do without',
        cause: error,
      },
    );
  }
}
