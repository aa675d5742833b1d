/** Objects read; a sentence more when some kinds could not be listed and kept what was stored. */
export function toSyncAnswer({ count, failedKinds }: { count: number; failedKinds: readonly string[] }) {
  const failed = failedKinds.length === 0 ? "" : `; could not list ${failedKinds.join(", ")}`;
  return { count, message: `Resources synced${failed}` };
}
