import { homedir } from "node:os";
import { join } from "node:path";

/** Everything the environment decides, parsed once. */
export interface Config {
  /** `local`: the user's own computer; its kubeconfig may be read and exec plugins run. `server`: neither. */
  readonly mode: "local" | "server";
  /** Port on loopback; undefined: 8080, or the next free one. */
  readonly port: number | undefined;
  /** Data, key and log. */
  readonly home: string;
  /** Undefined: the embedded Postgres. */
  readonly databaseUrl: string | undefined;
  /** As given; undefined: a key file in `home`. */
  readonly encryptionKey: string | undefined;
  readonly logLevel: LogLevel;
  /** Where the user's own kubeconfig is looked for. */
  readonly kubeconfig: { readonly KUBECONFIG: string | undefined; readonly HOME: string | undefined };
  /** `start` keeps our standard input open as long as it lives: its end is ours. */
  readonly endsWithInput: boolean;
  /** The clusters are made up: the page and `system.info` say so. */
  readonly simulated: boolean;
}

export const PORT_DEFAULT = 8080;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** A variable of the environment that cannot be used; the message names it and says what is expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError naming the variable */
export function readConfig(env: Environment): Config {
  const given = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return {
    mode: oneOf("FLUX_ORCHESTRATOR_MODE", given("FLUX_ORCHESTRATOR_MODE") ?? "local", ["local", "server"]),
    port: portOf(given("PORT")),
    home: given("FLUX_ORCHESTRATOR_HOME") ?? dataDirectory(env),
    databaseUrl: databaseUrlOf(given("DATABASE_URL")),
    encryptionKey: given("ENCRYPTION_KEY"),
    logLevel: oneOf("LOG_LEVEL", given("LOG_LEVEL")?.toLowerCase() ?? "info", LOG_LEVELS),
    kubeconfig: { KUBECONFIG: given("KUBECONFIG"), HOME: given("HOME") },
    endsWithInput: given("FLUX_ORCHESTRATOR_ENDS_WITH_INPUT") === "1",
    simulated: given("FLUX_ORCHESTRATOR_SIMULATED") === "1",
  };
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new ConfigError(`${name} must be one of ${values.join(", ")}`);
  return found;
}

function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535)
    throw new ConfigError("PORT must be a number from 1 to 65535");
  return port;
}

/** The value itself is never repeated: it holds a password. */
function databaseUrlOf(value: string | undefined): string | undefined {
  if (value === undefined || /^postgres(ql)?:\/\/\S+$/.test(value)) return value;
  throw new ConfigError("DATABASE_URL must be a postgres:// address");
}

function dataDirectory(env: Environment): string {
  const home = env["HOME"] || homedir();
  if (process.platform === "darwin") return join(home, "Library/Application Support/flux-orchestrator");
  return join(env["XDG_DATA_HOME"] || join(home, ".local/share"), "flux-orchestrator");
}
