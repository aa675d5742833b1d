import { isRecord } from "@flux-orchestrator/flux";
import { readCluster } from "./cluster-fields.ts";
import type { Kubeconfig, KubeconfigContext } from "./kubeconfig.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { type Entry, type KubeconfigDocument, onlyKnown, readDocument, shape } from "./read-document.ts";
import type { IntakeRules } from "./rules.ts";
import { type ReadUser, readUser } from "./user-fields.ts";

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads a pasted or uploaded kubeconfig by an allow-list. Touches neither disk, nor processes, nor network. A context
 * that cannot be used carries its `refusal`; what makes the whole text unusable is thrown.
 *
 * @param text YAML or JSON, at most 256 KiB
 * @throws KubeconfigError; nothing of the text is in it
 */
export function parseKubeconfig(text: string, options: { mode: "pasted"; allowInsecureTls: boolean }): Kubeconfig {
  return describeDocuments([readDocument(text)], { allowInsecureTls: options.allowInsecureTls });
}

/** Contexts of one or several documents, merged as kubectl does: the first of a name wins. */
export function describeDocuments(documents: readonly KubeconfigDocument[], rules: IntakeRules): Kubeconfig {
  const merged = (list: "clusters" | "users" | "contexts") => {
    const byName = new Map<string, Entry>();
    for (const document of documents)
      for (const entry of document[list]) if (!byName.has(entry.name)) byName.set(entry.name, entry);
    return byName;
  };
  const [clusters, users, contexts] = [merged("clusters"), merged("users"), merged("contexts")];
  const currentContext = documents.map((document) => document.currentContext).find((name) => name !== null) ?? null;
  if (currentContext !== null && !contexts.has(currentContext) && contexts.size > 0 && documents.length === 1) {
    throw new KubeconfigError("KUBECONFIG_CONTEXT_UNKNOWN", "current-context names a context that is not there.", {
      path: "current-context",
    });
  }
  return {
    contexts: [...contexts.values()].map((context) => describeContext(context, { clusters, users }, rules)),
    currentContext,
  };
}

function describeContext(
  context: Entry,
  { clusters, users }: { clusters: Map<string, Entry>; users: Map<string, Entry> },
  rules: IntakeRules,
): KubeconfigContext {
  const described: KubeconfigContext = {
    name: context.name,
    server: "",
    namespace: null,
    credentialKind: "none",
    insecureTls: false,
    proxy: false,
    expiresAt: null,
    refusal: null,
    exec: null,
    target: null,
  };
  try {
    onlyKnown(context.fields, ["cluster", "user", "namespace", "extensions"], context.path);
    described.namespace = namespaceOf(context);
    // The address is shown even when TLS verification is what the context is refused for.
    const entry = referenced(context, "cluster", clusters);
    const cluster = readCluster(entry, { ...rules, allowInsecureTls: true });
    Object.assign(described, {
      server: cluster.server,
      insecureTls: cluster.insecure === true,
      proxy: cluster.proxy !== undefined,
    });
    readCluster(entry, rules);
    const user = readUser(referenced(context, "user", users), rules);
    Object.assign(described, shownOf(user), { target: { ...cluster, ...user.credential } });
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    const { code, message, hint } = error;
    described.refusal = hint === undefined ? { code, message } : { code, message, hint };
  }
  return described;
}

const shownOf = ({ credentialKind, expiresAt, exec }: ReadUser) => ({ credentialKind, expiresAt, exec });

function namespaceOf({ fields, path }: Entry): string | null {
  const { namespace } = fields;
  if (namespace === undefined || namespace === "") return null;
  if (typeof namespace === "string" && NAMESPACE.test(namespace)) return namespace;
  throw new KubeconfigError("KUBECONFIG_NAMESPACE", "The namespace of the context is not a Kubernetes namespace.", {
    path: `${path}.namespace`,
  });
}

function referenced(context: Entry, field: "cluster" | "user", entries: Map<string, Entry>): Entry {
  const name = context.fields[field];
  if (name !== undefined && typeof name !== "string")
    throw shape(`${context.path}.${field} is not a text.`, `${context.path}.${field}`);
  const entry = name === undefined ? undefined : entries.get(name);
  if (entry !== undefined && isRecord(entry.fields)) return entry;
  throw new KubeconfigError("KUBECONFIG_REFERENCE", `The context names a ${field} that is not in the kubeconfig.`, {
    path: `${context.path}.${field}`,
  });
}
