/**
 * The least a server of events can do: one frame, encoded once, written to every open stream. `plain-stream.ts` says
 * `{ port }` by IPC; each text it is sent goes to every reader as one event.
 */
const readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
const encoder = new TextEncoder();

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  fetch() {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        readers.add(controller);
        controller.enqueue(encoder.encode("data: {}\n\n"));
      },
      cancel() {
        readers.delete(own);
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  },
});
process.on("disconnect", () => process.exit());
process.on("message", (text) => {
  const frame = encoder.encode(`data: ${text}\n\n`);
  for (const reader of readers) reader.enqueue(frame);
});
process.send?.({ port: server.port });
