import { createServer, type Server } from "node:net";

/** As many different loopback ports as asked for, none of which anybody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open together, so that the kernel cannot hand out one of them twice.
  const held = await Promise.all(Array.from({ length: count }, listenAnywhere));
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function listenAnywhere(): Promise<Server> {
  return new Promise((listening, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => listening(server));
  });
}
