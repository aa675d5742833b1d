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
  /** The cluster that this server runs in is registered at the start; undefined: it is not. */
  readonly inCluster: InClusterConfig | undefined;
  /** The clusters are made up: the page and `system.info` say so. */
  readonly simulated: boolean;
}

export interface InClusterConfig {
  readonly name: string;
  readonly description: string;
  /** `https://host:port` of its API server. */
  readonly server: string;
  /** Where the pod's service account lies. */
  readonly directory: string;
}

export const PORT_DEFAULT = 8080;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** A variable of the environment that cannot be used; the message names it and says what is expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Given = (name: string) => string | undefined;
type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError naming the variable */
export function readConfig(env: Environment): Config {
  const given: Given = (name) => (env[name] === "" ? undefined : env[name]);
  refuseUnbuilt(given);
  return {
    mode: oneOf("FLUX_ORCHESTRATOR_MODE", given("FLUX_ORCHESTRATOR_MODE") ?? "local", ["local", "server"]),
    port: portOf("PORT", given("PORT")),
    home: given("FLUX_ORCHESTRATOR_HOME") ?? dataDirectory(env),
    databaseUrl: databaseUrlOf(given("DATABASE_URL")) ?? originalDatabase(given),
    encryptionKey: given("ENCRYPTION_KEY"),
    logLevel: oneOf("LOG_LEVEL", given("LOG_LEVEL")?.toLowerCase() ?? "info", LOG_LEVELS),
    kubeconfig: { KUBECONFIG: given("KUBECONFIG"), HOME: given("HOME") },
    inCluster: inClusterOf(given),
    endsWithInput: given("FLUX_ORCHESTRATOR_ENDS_WITH_INPUT") === "1",
    simulated: given("FLUX_ORCHESTRATOR_SIMULATED") === "1",
  };
}

function oneOf<Value extends string>(name: string, value: string, values: readonly Value[]): Value {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new ConfigError(`${name} must be one of ${values.join(", ")}`);
  return found;
}

function portOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535)
    throw new ConfigError(`${name} must be a number from 1 to 65535`);
  return port;
}

/** The value itself is never repeated: it holds a password. */
function databaseUrlOf(value: string | undefined): string | undefined {
  if (value === undefined || /^postgres(ql)?:\/\/\S+$/.test(value)) return value;
  throw new ConfigError("DATABASE_URL must be a postgres:// address");
}

/** The database as the original names it, when it is named. */
function originalDatabase(given: Given): string | undefined {
  const host = given("DB_HOST");
  if (host === undefined) return undefined;
  oneOf("DB_DRIVER", given("DB_DRIVER") ?? "postgres", ["postgres"]);
  if (!/^[\w.:-]+$/.test(host)) throw new ConfigError("DB_HOST must be the name or the address of a host");
  const url = new URL(`postgres://${host.includes(":") ? `[${host}]` : host}`);
  url.port = String(portOf("DB_PORT", given("DB_PORT") ?? "5432"));
  url.username = encodeURIComponent(given("DB_USER") ?? "postgres");
  url.password = encodeURIComponent(given("DB_PASSWORD") ?? "postgres");
  url.pathname = `/${encodeURIComponent(given("DB_NAME") ?? "flux_orchestrator")}`;
  const modes = ["disable", "prefer", "require", "verify-full"] as const;
  url.searchParams.set("sslmode", oneOf("DB_SSLMODE", given("DB_SSLMODE") ?? "disable", modes));
  return url.href;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

function inClusterOf(given: Given): InClusterConfig | undefined {
  // Exactly that text, as in the original.
  if (given("SCRAPE_IN_CLUSTER") !== "true") return undefined;
  const host = given("KUBERNETES_SERVICE_HOST");
  if (host === undefined)
    throw new ConfigError("SCRAPE_IN_CLUSTER must be unset outside of a cluster: KUBERNETES_SERVICE_HOST is not there");
  const port = given("KUBERNETES_SERVICE_PORT") ?? "443";
  return {
    name: given("IN_CLUSTER_NAME") ?? "in-cluster",
    description: given("IN_CLUSTER_DESCRIPTION") ?? "The cluster that Flux Orchestrator runs in",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    directory: SERVICE_ACCOUNT,
  };
}

/** What the original does when told to and this version cannot: better no start than one that seems to do it. */
function refuseUnbuilt(given: Given): void {
  if (given("OAUTH_ENABLED") === "true")
    throw new ConfigError(
      "OAUTH_ENABLED must be unset: there is no login yet, everybody who reaches this server may do everything",
    );
  if (given("WEBHOOK_URLS") !== undefined)
    throw new ConfigError("WEBHOOK_URLS must be unset: webhooks are not sent yet");
}

function dataDirectory(env: Environment): string {
  const home = env["HOME"] || homedir();
  if (process.platform === "darwin") return join(home, "Library/Application Support/flux-orchestrator");
  return join(env["XDG_DATA_HOME"] || join(home, ".local/share"), "flux-orchestrator");
}
