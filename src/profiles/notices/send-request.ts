import type { WebRequest } from './webhooks.js';

/** Sends a request and reads no more of the answer than whether it was taken. */
export async function sendRequest(
  { url, method, headers, body }: WebRequest,
  timeoutSeconds: number,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}

/** fetch says "fetch failed", and why in its cause. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const causes: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (causes instanceof Error) return causes.message;
  return error instanceof Error ? error.message : String(error);
}
