import { isRecord } from "@flux-orchestrator/flux";
import type { ExecPlugin } from "../cluster-target.ts";
import type { KubeconfigContext } from "./kubeconfig.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { onlyKnown, shape } from "./read-document.ts";
import type { IntakeRules } from "./rules.ts";

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
const SECRET_NAME = /secret|token|password|passwd|credential|private|key/i;
/** Stands where a value is not shown. */
const HIDDEN = "…";

/** An exec plugin of the user's own kubeconfig. @throws KubeconfigError */
export function readExec(
  value: unknown,
  {
    path,
    baseDir,
    resolveExec,
  }: { path: string; baseDir: string | null; resolveExec: NonNullable<IntakeRules["resolveExec"]> },
): { plugin: ExecPlugin; shown: NonNullable<KubeconfigContext["exec"]> } {
  if (!isRecord(value)) throw shape("exec is not a mapping.", path);
  onlyKnown(
    value,
    ["apiVersion", "command", "args", "env", "installHint", "interactiveMode", "provideClusterInfo"],
    path,
  );
  const { apiVersion, command } = value;
  if (typeof apiVersion !== "string" || !VERSIONS.includes(apiVersion))
    throw shape("exec has an apiVersion that is not supported.", `${path}.apiVersion`);
  if (typeof command !== "string" || command === "" || /\p{Cc}/u.test(command))
    throw shape("exec has no command.", `${path}.command`);
  const args = value.args ?? [];
  if (!Array.isArray(args) || !args.every((arg): arg is string => typeof arg === "string" && !arg.includes("\0")))
    throw shape("exec.args is not a list of texts.", `${path}.args`);
  if (value.interactiveMode === "Always") {
    throw new KubeconfigError(
      "KUBECONFIG_FIELD_NOT_ALLOWED",
      "The command of this context asks questions on a terminal, which a server has not.",
      { path: `${path}.interactiveMode` },
    );
  }
  const env: Record<string, string> = {};
  for (const entry of Array.isArray(value.env ?? []) ? ((value.env ?? []) as unknown[]) : [null]) {
    if (
      !isRecord(entry) ||
      typeof entry.name !== "string" ||
      typeof entry.value !== "string" ||
      !/^[A-Za-z_][A-Za-z0-9_]*$/.test(entry.name)
    ) {
      throw shape("exec.env is not a list of names and values.", `${path}.env`);
    }
    env[entry.name] = entry.value;
  }
  const { plugin, path: program } = resolveExec({
    apiVersion,
    command,
    args,
    env,
    baseDir: baseDir ?? "",
    provideClusterInfo: value.provideClusterInfo === true,
  });
  return {
    plugin,
    shown: {
      command: [command, ...showArgs(args)],
      env: Object.entries(env).map(([name, set]) => `${name}=${SECRET_NAME.test(name) ? HIDDEN : set}`),
      path: program,
      hash: plugin.hash,
    },
  };
}

/** Arguments as they may be shown: the value of `--client-secret X` and `--client-secret=X` is left out. */
function showArgs(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const [flag = "", ...rest] = arg.split("=");
    if (flag.startsWith("-") && SECRET_NAME.test(flag) && rest.length > 0) return `${flag}=${HIDDEN}`;
    const before = args[index - 1] ?? "";
    const isValue = before.startsWith("-") && !before.includes("=") && SECRET_NAME.test(before) && !arg.startsWith("-");
    return isValue ? HIDDEN : arg;
  });
}
