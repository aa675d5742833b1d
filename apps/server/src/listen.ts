import { PORT_DEFAULT } from "./config.ts";
import { BODY_MAX } from "./http/front.ts";

/** Nobody but this computer reaches the server: there is no login yet, in whatever mode. */
const LOOPBACK = "127.0.0.1";
const PORTS_TRIED = 20;

/** The port that was asked for is in use. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
  constructor(port: number) {
    super(`port ${port} is in use by another program; stop it, or set PORT to another one`);
  }
}

/**
 * Listens on loopback: on `port`, or on the first free one from 8080 when none is given.
 * @throws PortInUseError when the given port is taken
 */
export function listen(
  port: number | undefined,
  fetch: (request: Request) => Promise<Response>,
): { server: Bun.Server<undefined>; port: number } {
  const candidates = port === undefined ? [...Array(PORTS_TRIED).keys()].map((at) => PORT_DEFAULT + at) : [port];
  for (const candidate of candidates) {
    try {
      const server = Bun.serve({
        hostname: LOOPBACK,
        port: candidate,
        fetch,
        // The longest there is; streams say something every two seconds.
        idleTimeout: 255,
        // What has no length is cut off here; what has one is refused in words before.
        maxRequestBodySize: 2 * BODY_MAX,
      });
      return { server, port: candidate };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  throw new PortInUseError(candidates[0]!);
}
