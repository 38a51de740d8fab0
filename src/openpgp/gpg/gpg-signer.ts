/**
 * Signing by gpg, for keys in a keyring, an agent or on a card: a detached binary signature is the same
 * packet that a one-pass signed message ends with. gpg gets the data while it is written.
 */
import { DuplifsError } from '../../base/index.js';
import { startGpg } from './gpg.js';
import type { GpgProgram, GpgProcess } from './gpg.js';
import { onePassPacket } from '../packets/message-signer.js';
import type { MessageSigner, SignatureRun } from '../packets/message-signer.js';
import { parsePacketHeader, tags } from '../packets/packet-header.js';

/**
 * A signer for the key that `keyId` names; a trial signature tells its algorithms, and that it can sign.
 * A DuplifsError (KEY) with gpg's reason when it cannot. `passphrase` undefined: the agent asks.
 */
export async function gpgSigner(
  gpg: GpgProgram,
  keyId: string,
  passphrase: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<MessageSigner> {
  const args = ['--local-user', keyId, '--detach-sign'];
  const begin = (): SignatureRun => {
    const run = { args, signal, passphrase };
    return signing(startGpg(gpg, run), keyId);
  };
  const trial = await begin().finish();
  const header = parsePacketHeader(trial);
  const body = trial.subarray(header?.headerBytes ?? 0);
  const issuer = header?.tag === tags.signature ? issuerOf(body) : undefined;
  if (!issuer) {
    throw new DuplifsError('KEY', `gpg made a signature by key ${keyId} that is not understood`);
  }
  const onePass = onePassPacket(body[3] ?? 0, body[2] ?? 0, issuer.keyId);
  return { fingerprint: issuer.fingerprint, onePass, begin };
}

function signing(process: GpgProcess, keyId: string): SignatureRun {
  return {
    update: (piece) => process.write(piece),
    finish: async () => {
      const { exitCode, output, log } = await process.end();
      if (exitCode === 0 && output.length > 0) return output;
      const reason = log.split('\n').at(-1) ?? '';
      throw new DuplifsError('KEY', `gpg cannot sign with key ${keyId}: ${reason}`, {
        hint: 'See that the secret key is there and that SIGN_PASSPHRASE or PASSPHRASE is its passphrase',
      });
    },
    abort: () => {
      process.abort();
    },
  };
}

/** The issuer fingerprint subpacket (33) of a version 4 signature, which gpg always writes. */
function issuerOf(
  body: Buffer,
): { readonly fingerprint: string; readonly keyId: Buffer } | undefined {
  if (body[0] !== 4) return undefined;
  const end = 6 + body.readUInt16BE(4);
  for (let at = 6; at < end;) {
    const length = body[at] ?? 0;
    if (length === 0 || length >= 192) return undefined;
    if (((body[at + 1] ?? 0) & 0x7f) === 33 && body[at + 2] === 4) {
      const fingerprint = body.subarray(at + 3, at + 1 + length);
      return {
        fingerprint: fingerprint.toString('hex').toUpperCase(),
        keyId: fingerprint.subarray(-8),
      };
    }
    at += 1 + length;
  }
  return undefined;
}
