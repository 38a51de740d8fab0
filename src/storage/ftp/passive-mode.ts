/** Data connections: passive ones, to the host of the control connection (RFC 959, RFC 2428). */
import type { FTPContext, FTPResponse } from 'basic-ftp';
import {
  connectForPassiveTransfer,
  parseEpsvResponse,
  parsePasvResponse,
} from 'basic-ftp/dist/transfer.js';
import { replyCode } from './reply-code.js';

/** Opens the data connection of the next transfer. */
export type PassiveMode = (ftp: FTPContext) => Promise<FTPResponse>;

/**
 * EPSV, and PASV on servers that do not know it or whose router lets only that through. The address that PASV answers
 * is not used: behind NAT it leads nowhere, and it could lead anywhere.
 */
export function passiveMode(): PassiveMode {
  let chosen: PassiveMode | undefined;
  return async (ftp) => {
    if (chosen !== undefined) return await chosen(ftp);
    try {
      const response = await extended(ftp);
      chosen = extended;
      return response;
    } catch (error) {
      if (ftp.closed) throw error;
      const response = await plain(ftp).catch((second: unknown) => {
        // where the server knows EPSV alone, what went wrong with that says more
        throw replyCode(second) === undefined || replyCode(error) !== undefined ? second : error;
      });
      chosen = plain;
      return response;
    }
  };
}

async function extended(ftp: FTPContext): Promise<FTPResponse> {
  const response = await ftp.request('EPSV');
  await connect(ftp, parseEpsvResponse(response.message));
  return response;
}

async function plain(ftp: FTPContext): Promise<FTPResponse> {
  const response = await ftp.request('PASV');
  await connect(ftp, parsePasvResponse(response.message).port);
  return response;
}

async function connect(ftp: FTPContext, port: number): Promise<void> {
  const host = ftp.socket.remoteAddress;
  if (host === undefined) {
    throw Object.assign(new Error('The server closed the connection'), { code: 'ECONNRESET' });
  }
  // as an IPv4 address is written where sockets speak both
  await connectForPassiveTransfer(host.replace(/^::ffff:/i, ''), port, ftp);
}
