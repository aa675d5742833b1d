/**
 * Reads streams through many raw sockets: `sse-subscribers.ts COUNT URL…`, each URL by as many. Says `open` by IPC once every stream has begun;
 * asked with `seen`, answers with what each subscriber saw: for each mark `mark-<n>` when it was parsed, epoch milliseconds.
 */
import type { Socket } from "bun";

const [count = "1", ...addresses] = process.argv.slice(2);
const urls = addresses.map((address) => new URL(address));
const MARK = /mark-(\d+)"/g;

interface Subscriber {
  /** What came of an event that is not complete. */
  rest: string;
  begun: boolean;
  /** Mark and time, one after the other. */
  seen: number[];
}
const decoder = new TextDecoder();
const subscribers: Subscriber[] = [];
let begun = 0;

const requestOf = (url: URL): string =>
  `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n\r\n`;

function read(subscriber: Subscriber, bytes: Uint8Array): void {
  const text = subscriber.rest + decoder.decode(bytes);
  const end = text.lastIndexOf("\n\n") + 2;
  if (end < 2) {
    subscriber.rest = text;
    return;
  }
  subscriber.rest = text.slice(end);
  for (const event of text.slice(0, end).split("\n\n")) {
    const data = /^data: ?(.*)$/m.exec(event)?.[1];
    if (data === undefined) continue;
    if (!subscriber.begun) {
      subscriber.begun = true;
      if (++begun === Number(count)) process.send?.("open");
    }
    if (!data.includes("mark-")) continue;
    // Parsed as a client does, though only the marks are looked at.
    JSON.parse(data);
    const atMs = performance.timeOrigin + performance.now();
    const marks = new Set([...data.matchAll(MARK)].map(([, mark]) => Number(mark)));
    for (const mark of marks) subscriber.seen.push(mark, atMs);
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message) => {
  if (message === "seen") process.send?.({ seen: subscribers.map(({ seen }) => seen) });
});

for (let nth = 0; nth < Number(count); nth++) {
  const subscriber: Subscriber = { rest: "", begun: false, seen: [] };
  subscribers.push(subscriber);
  const url = urls[nth % urls.length]!;
  await Bun.connect<Subscriber>({
    hostname: url.hostname,
    port: Number(url.port),
    data: subscriber,
    socket: {
      open: (socket: Socket<Subscriber>) => void socket.write(requestOf(url)),
      data: (socket, bytes) => read(socket.data, bytes),
      error: (_, error) => {
        throw error;
      },
    },
  });
}
