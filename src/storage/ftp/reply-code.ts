/** The code of the server's answer that an error stands for (RFC 959, 4.2); undefined for others. */
export function replyCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
