/** Resolves with the work, or as soon as the signal aborts: whoever ends must not wait for a store that hangs. */
export function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = () => resolve();
    signal.addEventListener("abort", done, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", done));
  });
}
