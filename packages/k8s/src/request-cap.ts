const CAP_DEFAULT = 256;
const CAP_MAX = 65_535;

/** How many requests may be open in this process; what the environment says, be it a number or not. */
export const requestCap = (): number => Number(process.env.BUN_CONFIG_MAX_HTTP_REQUESTS ?? CAP_DEFAULT);

/**
 * Bun lets 256 requests be open in the whole process unless the environment says otherwise before it starts, and the
 * next one waits without an error. Streams of a transport do not count: they are no requests of `fetch`.
 * @throws Error when the cap is not raised
 */
export function assertRequestCap(needed = 4096): void {
  const cap = requestCap();
  if (cap >= needed && cap <= CAP_MAX) return;
  throw new Error(
    `set BUN_CONFIG_MAX_HTTP_REQUESTS to ${needed}…${CAP_MAX} before the process starts: it is ${Number.isFinite(cap) ? cap : "no number"}, and further requests would wait for ever`,
  );
}
