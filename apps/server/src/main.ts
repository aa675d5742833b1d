import { mkdirSync } from "node:fs";
import { assertRequestCap } from "@flux-orchestrator/k8s";
import { type Config, ConfigError, PORT_DEFAULT, readConfig } from "./config.ts";
import { otherAccounts } from "./local/other-accounts.ts";
import { createLog } from "./log.ts";
import { type Running, run } from "./run.ts";

/** What stops a start in words of its own; anything else is a fault of ours and shown whole. */
const EXPECTED = new Set(["ConfigError", "HomeInUseError", "NoEmbeddedPostgresError", "KeyError", "PortInUseError"]);
/** A second Ctrl-C this much later than the first no longer waits for order. */
const INSIST_MS = 1_000;
const STOP_DEADLINE_MS = 15_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

await main();

async function main(): Promise<void> {
  try {
    assertRequestCap();
    const config = readConfig(process.env);
    mkdirSync(config.home, { recursive: true, mode: 0o700 });
    const log = createLog(config);
    const running = await run(config, log, print);
    announce(config, running);
    endInOrder(config, running, log);
  } catch (error) {
    fail(error);
  }
}

function announce(config: Config, { url, port }: Running): void {
  if (config.port === undefined && port !== PORT_DEFAULT)
    print(`Port ${PORT_DEFAULT} is in use, so this is port ${port}.`);
  const others = otherAccounts();
  if (others.length > 0) {
    const names =
      others.length > 3 ? `${others.slice(0, 3).join(", ")} and ${others.length - 3} more` : others.join(", ");
    print(`Other people have accounts on this host (${names}): there is no login, so they can use this server too.`);
  }
  print(`Flux Orchestrator is ready: ${url}`);
}

/** Ctrl-C, SIGTERM, the end of whoever started us, or the end of our Postgres: everything stops in order, once. */
function endInOrder(config: Config, running: Running, log: ReturnType<typeof createLog>): void {
  let sinceMs: number | undefined;
  const end = (reason: string, code: number) => {
    if (sinceMs !== undefined) {
      if (Date.now() - sinceMs > INSIST_MS) process.exit(1);
      return;
    }
    sinceMs = Date.now();
    log.info({ reason }, "stopping");
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    running.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        log.error({ err: error }, "not everything stopped in order");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(signal, 0));
  if (config.endsWithInput) process.stdin.on("end", () => end("start ended", 0)).resume();
  void running.lost.then(() => {
    // While we stop it is we who end it: that is nobody's second Ctrl-C.
    if (sinceMs !== undefined) return;
    log.error({}, "the embedded Postgres ended; look at postgres.log in the data directory");
    end("postgres ended", 1);
  });
}

function fail(error: unknown): void {
  const isExpected = error instanceof Error && (error instanceof ConfigError || EXPECTED.has(error.name));
  process.stderr.write(
    isExpected
      ? `Flux Orchestrator cannot start: ${error.message}.\n`
      : `${error instanceof Error ? (error.stack ?? error) : error}\n`,
  );
  process.exit(1);
}
