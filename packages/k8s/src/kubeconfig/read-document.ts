import { isRecord } from "@flux-orchestrator/flux";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { parseYaml } from "./parse-yaml.ts";

const ENTRIES_MAX = 50;
const NAME_MAX = 253;
type Fields = Record<string, unknown>;

/** A named cluster, user or context, its fields not looked at yet. */
export interface Entry {
  name: string;
  fields: Fields;
  /** `clusters[0].cluster` of its file. */
  path: string;
  /** Folder of its file; null for text. */
  baseDir: string | null;
}

/** A kubeconfig's frame: everything that can be said without following a reference. */
export interface KubeconfigDocument {
  currentContext: string | null;
  clusters: Entry[];
  users: Entry[];
  contexts: Entry[];
}

/** @throws KubeconfigError for what makes the whole text unusable */
export function readDocument(text: string, baseDir: string | null = null): KubeconfigDocument {
  const document = parseYaml(text);
  if (!isRecord(document)) throw shape("The kubeconfig is not a mapping.", "");
  if (
    (document.kind !== undefined && document.kind !== "Config") ||
    (document.apiVersion !== undefined && document.apiVersion !== "v1")
  ) {
    throw shape("This is not a kubeconfig: it needs apiVersion: v1 and kind: Config.", "kind");
  }
  onlyKnown(
    document,
    ["apiVersion", "kind", "current-context", "clusters", "users", "contexts", "preferences", "extensions"],
    "",
  );
  const current = document["current-context"] ?? "";
  if (typeof current !== "string") throw shape("current-context is not a text.", "current-context");
  const read = (list: string, field: string) => entriesOf(document[list], { list, field, baseDir });
  const found = {
    clusters: read("clusters", "cluster"),
    users: read("users", "user"),
    contexts: read("contexts", "context"),
  };
  for (const [list, entries] of Object.entries(found)) {
    if (entries.length === 0 && baseDir === null)
      throw new KubeconfigError("KUBECONFIG_INCOMPLETE", `The kubeconfig has no ${list}.`, { path: list });
  }
  return { currentContext: current === "" ? null : current, ...found };
}

function entriesOf(
  value: unknown,
  { list, field, baseDir }: { list: string; field: string; baseDir: string | null },
): Entry[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw shape(`${list} is not a list.`, list);
  if (value.length > ENTRIES_MAX) {
    throw new KubeconfigError("KUBECONFIG_TOO_MANY", `The kubeconfig has more than ${ENTRIES_MAX} ${list}.`, {
      path: list,
      hint: "Split it, or cut it down with kubectl config view --raw --flatten --minify.",
    });
  }
  const names = new Set<string>();
  return value.map((entry, index) => {
    const path = `${list}[${index}]`;
    if (!isRecord(entry)) throw shape(`${path} is not a mapping.`, path);
    onlyKnown(entry, ["name", field], path);
    const { name } = entry;
    if (typeof name !== "string" || name === "" || name.length > NAME_MAX || /\p{C}/u.test(name))
      throw shape(`${path} has no usable name.`, `${path}.name`);
    if (names.has(name))
      throw new KubeconfigError("KUBECONFIG_DUPLICATE_NAME", `Two ${list} have the same name.`, {
        path: `${path}.name`,
      });
    names.add(name);
    const fields = entry[field] ?? {};
    if (!isRecord(fields)) throw shape(`${path}.${field} is not a mapping.`, `${path}.${field}`);
    return { name, fields, path: `${path}.${field}`, baseDir };
  });
}

/** @throws KubeconfigError KUBECONFIG_FIELD_NOT_ALLOWED naming the first key that is not listed */
export function onlyKnown(fields: Fields, known: readonly string[], path: string): void {
  const stranger = Object.keys(fields).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  if (stranger === "<<")
    throw new KubeconfigError("KUBECONFIG_ALIAS", "The kubeconfig uses YAML merge keys, which are not accepted.", {
      path,
    });
  const at = [path, shown(stranger)].filter((part) => part !== "").join(".");
  throw new KubeconfigError("KUBECONFIG_FIELD_NOT_ALLOWED", `The kubeconfig has a field that is not accepted: ${at}.`, {
    path: at,
  });
}

/** Every name that kubectl itself gives a field: what is repeated to whoever uploaded it. Any other key may be a secret. */
const KUBECONFIG_FIELDS = new Set(
  (
    "apiVersion kind preferences clusters users contexts current-context extensions name cluster user context namespace " +
    "server tls-server-name insecure-skip-tls-verify certificate-authority certificate-authority-data proxy-url " +
    "disable-compression client-certificate client-certificate-data client-key client-key-data token tokenFile " +
    "as as-uid as-groups as-user-extra username password auth-provider exec config command args env installHint " +
    "provideClusterInfo interactiveMode value colors"
  ).split(" "),
);
const shown = (key: string): string => (KUBECONFIG_FIELDS.has(key) ? key : "…");

export const shape = (message: string, path: string): KubeconfigError =>
  new KubeconfigError("KUBECONFIG_SHAPE", message, path === "" ? {} : { path });
