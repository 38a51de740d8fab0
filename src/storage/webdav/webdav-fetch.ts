/**
 * The library lets its `fetch` be replaced, but only for all its clients at once. Which client a request is of shows
 * in its agent, and so the replacement finds that client's own timeout.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getPatcher } from 'webdav';
import type { FetchOptions, HttpResponse } from '../http-fetch.js';
import { httpFetch } from '../http-fetch.js';
import { defaults } from '../options.js';
import type { TlsSettings } from '../tls.js';

const idleSecondsByAgent = new WeakMap<HttpAgent | HttpsAgent, number>();

/** Agents for one client; its requests may rest for `idleSeconds` before the answer begins. */
export function agentsFor(
  tls: TlsSettings,
  idleSeconds: number,
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } {
  getPatcher().patch('fetch', fetchByAgent);
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({ keepAlive: true, ...tls });
  idleSecondsByAgent.set(httpAgent, idleSeconds);
  idleSecondsByAgent.set(httpsAgent, idleSeconds);
  return { httpAgent, httpsAgent };
}

function fetchByAgent(url: unknown, options: unknown): Promise<HttpResponse> {
  const [address, settings] = [url as string, options as FetchOptions];
  const agent = settings.agent?.(new URL(address));
  const idleSeconds = agent === undefined ? undefined : idleSecondsByAgent.get(agent);
  return httpFetch(address, settings, idleSeconds ?? defaults.timeoutSeconds);
}
