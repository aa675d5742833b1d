import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { owned } from "./owned-processes.ts";
import { quantile } from "./statistics.ts";

/** Many readers of one stream of server-sent events, in a process of their own. */
export interface Subscribers extends AsyncDisposable {
  readonly count: number;
  readonly pid: number;
  /** What they have seen so far. */
  seen(): Promise<Seen>;
}

/** For each subscriber the marks it saw and when, epoch milliseconds. */
export type Seen = readonly { mark: number; atMs: number }[][];

/** Opens the streams, of each URL as many; resolves when all of them have begun. */
export async function openSubscribers(urls: readonly string[], count: number): Promise<Subscribers> {
  const child = fork(join(import.meta.dir, "../processes/sse-subscribers.ts"), [String(count), ...urls], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const process_ = owned(child);
  await Promise.race([
    once(child, "message"),
    process_.exited.then((code) => Promise.reject(new Error(`the subscribers ended with ${code}`))),
  ]);
  return {
    count,
    pid: process_.pid,
    async seen() {
      child.send("seen");
      const [{ seen }] = (await once(child, "message")) as [{ seen: number[][] }];
      return seen.map((flat) =>
        Array.from({ length: flat.length / 2 }, (_, nth) => ({ mark: flat[2 * nth]!, atMs: flat[2 * nth + 1]! })),
      );
    },
    [Symbol.asyncDispose]: () => process_.stop(),
  };
}

/** Now, on the clock that all processes of this machine share. */
export const epochMs = (): number => performance.timeOrigin + performance.now();

/**
 * How late marks were seen, and how many were lost or seen twice.
 * @param sentMs when each mark was sent, epoch milliseconds
 * @param isFor whether a subscriber should have seen a mark; all of them unless told
 */
export function judgeSeen(
  seen: Seen,
  sentMs: ReadonlyMap<number, number>,
  isFor: (subscriber: number, mark: number) => boolean = () => true,
) {
  const latencies: number[] = [];
  let lost = 0;
  let repeated = 0;
  for (const [subscriber, one] of seen.entries()) {
    const first = new Map<number, number>();
    for (const { mark, atMs } of one) {
      if (first.has(mark)) repeated++;
      else first.set(mark, atMs);
    }
    for (const [mark, at] of sentMs) {
      if (!isFor(subscriber, mark)) continue;
      const atMs = first.get(mark);
      if (atMs === undefined) lost++;
      else latencies.push(atMs - at);
    }
  }
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), lost, repeated };
}
