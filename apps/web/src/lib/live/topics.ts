import type { Topic } from "@flux-orchestrator/contract";

/** Topics one connection may carry; the server refuses more. */
const TOPICS_MAX = 20;

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
};
/** Two topics with equal keys tell the same. */
export const topicKey = (topic: Topic): string => JSON.stringify(sorted(topic));

/**
 * Every topic of every tab, once. More than one connection may carry collapse into a query without terms, which tells
 * of everything: who asked for less filters for itself.
 */
export function mergeTopics(wanted: Iterable<Topic>): Topic[] {
  const byKey = new Map<string, Topic>();
  for (const topic of wanted) byKey.set(topicKey(topic), topic);
  const topics = [...byKey.values()];
  if (topics.length <= TOPICS_MAX) return topics;
  const narrow = topics.filter((topic) => ["summary", "cluster", "jobs"].includes(topic.topic));
  return [{ topic: "query", filter: {} }, ...narrow.slice(0, TOPICS_MAX - 1)];
}

/** The older of two feed cursors, so that whoever joins a stream misses nothing; the first when they cannot be compared. */
export function olderCursor(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  const [epochA, numberA] = split(a);
  const [epochB, numberB] = split(b);
  if (epochA !== epochB || numberA === null || numberB === null) return a;
  return numberA <= numberB ? a : b;
}
const split = (cursor: string): [string, bigint | null] => {
  const dot = cursor.lastIndexOf(".");
  const number = cursor.slice(dot + 1);
  return [cursor.slice(0, dot), /^\d+$/.test(number) ? BigInt(number) : null];
};
