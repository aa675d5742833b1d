import { type ClientOptions, type DatabaseTarget, openClient } from "../connect.ts";

/** LISTEN is said again so often: that is what notices a connection nobody is at the other end of any more. */
const AGAIN_MS = 5_000;

export interface ListenOptions extends Pick<ClientOptions, "silentMs"> {
  onNotified: (payload: string) => void;
  againMs?: number;
}

/**
 * Hears what is notified on a channel, over a connection of its own. A lost connection is replaced by itself; what is notified
 * meanwhile is lost. Resolves once it listens, to the function that ends it.
 */
export async function listen(
  target: DatabaseTarget,
  channel: string,
  { onNotified, againMs = AGAIN_MS, ...client }: ListenOptions,
): Promise<() => Promise<void>> {
  let isOver = false;
  let isAsking = false;
  const ask = async () => {
    if (isOver || isAsking) return;
    isAsking = true;
    try {
      await sql`listen ${sql(channel)}`;
    } finally {
      isAsking = false;
    }
  };
  // What fails is said again soon.
  const again = () => void ask().catch(() => {});
  const sql = openClient(target, {
    ...client,
    max: 1,
    onnotify: (_, payload) => onNotified(payload),
    onclose: again,
  });
  const end = async () => {
    isOver = true;
    clearInterval(timer);
    await sql.end({ timeout: 2 });
  };
  const timer = setInterval(again, againMs);
  await ask().catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return end;
}
