import { quantile } from "./statistics.ts";

/** Latencies of one run, milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  /** Of each request, in their order. */
  readonly each: readonly number[];
}

const latenciesOf = (each: readonly number[]): Latencies => ({
  p50: quantile(each, 0.5),
  p99: quantile(each, 0.99),
  each,
});

/**
 * Sends requests at a steady rate, whether or not earlier ones were answered: a server that falls behind is not spared.
 * @throws when one fails
 */
export async function atRate(
  perSecond: number,
  count: number,
  request: (nth: number) => Promise<unknown>,
): Promise<Latencies> {
  const beganMs = performance.now();
  const timed = Array.from({ length: count }, async (_, nth) => {
    const dueMs = beganMs + (nth * 1000) / perSecond;
    await Bun.sleep(Math.max(0, dueMs - performance.now()));
    const startedMs = performance.now();
    await request(nth);
    return performance.now() - startedMs;
  });
  return latenciesOf(await Promise.all(timed));
}

/** A run of requests one by one ends early after this, so that what is slow does not take an hour to be told so. */
const RUN_MS = 6_000;

/** One request after the other. */
export async function oneByOne(count: number, request: (nth: number) => Promise<unknown>): Promise<Latencies> {
  const latencies: number[] = [];
  const untilMs = performance.now() + RUN_MS;
  for (let nth = 0; nth < count && performance.now() < untilMs; nth++) {
    const startedMs = performance.now();
    await request(nth);
    latencies.push(performance.now() - startedMs);
  }
  return latenciesOf(latencies);
}

/** Requests on so many connections, each sent when the one before was answered. @returns how many were answered a second */
export async function atOnce(
  connections: number,
  count: number,
  request: (nth: number) => Promise<unknown>,
): Promise<number> {
  const beganMs = performance.now();
  let next = 0;
  const connection = async () => {
    while (next < count) await request(next++);
  };
  await Promise.all(Array.from({ length: connections }, connection));
  return (count * 1_000) / (performance.now() - beganMs);
}

/** Several runs, one after the other. */
export async function runs<Run>(count: number, run: (nth: number) => Promise<Run>): Promise<Run[]> {
  const made: Run[] = [];
  for (let nth = 0; nth < count; nth++) made.push(await run(nth));
  return made;
}
