import { z } from "zod";
import { CredentialKind } from "./cluster.ts";
import { withoutNul } from "./text.ts";

/** Names a context of a kubeconfig; it is recorded, hence bounded. */
const ContextName = withoutNul(z.string().min(1).max(1000));

/** One context of a kubeconfig, without anything secret. */
export const KubeContext = z.object({
  name: z.string(),
  server: z.string(),
  namespace: z.string().nullable(),
  credential: CredentialKind,
  insecureTls: z.boolean(),
  proxy: z.boolean(),
  isCurrent: z.boolean(),
  /** Why this context cannot be added as it is; null when it can. */
  refusal: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
  /** Set for an exec plugin of the user's own kubeconfig (local mode): what would run, and the hash a code binds to. */
  exec: z
    .object({
      command: z.array(z.string()),
      env: z.array(z.string()),
      path: z.string().nullable(),
      hash: z.string(),
      approved: z.boolean(),
    })
    .nullable(),
  /** Id of the registered cluster with the same API server; null when there is none. */
  registeredAs: z.string().nullable(),
});
export type KubeContext = z.infer<typeof KubeContext>;

export const ParseKubeconfigInput = z.strictObject({ kubeconfig: z.string() });
export const KubeContexts = z.object({ contexts: z.array(KubeContext), currentContext: z.string().nullable() });

/** The kubeconfig file(s) on the server's own disk; only in local mode. */
export const LocalKubeconfig = KubeContexts.extend({
  available: z.boolean(),
  /** Why not, when not available. */
  reason: z.string().nullable(),
  paths: z.array(z.string()),
});

export const STEP_NAMES = ["DNS", "TCP", "TLS", "Authentication", "Version", "Flux", "Permissions"] as const;
/** One step of the connection test. `warn` limits what works, `fail` ends the test, later steps are `skipped`. */
export const ConnectionStep = z.object({
  name: z.enum(STEP_NAMES),
  outcome: z.enum(["ok", "warn", "fail", "skipped"]),
  message: z.string(),
  /** What to do about a `warn` or `fail`. */
  remedy: z.string().nullable(),
  /** A manifest or command that belongs to the remedy. */
  manifest: z.string().nullable(),
  code: z.string().nullable(),
  tookMs: z.number(),
});
export type ConnectionStep = z.infer<typeof ConnectionStep>;
export const ConnectionTest = z.object({
  context: z.string().nullable(),
  server: z.string(),
  steps: z.array(ConnectionStep),
  outcome: z.enum(["ok", "warn", "fail"]),
  fluxVersion: z.string().nullable(),
  kubernetesVersion: z.string().nullable(),
  /** Flux kinds it serves; null when the test did not come that far. */
  kindCount: z.number().int().nullable(),
  /** Flux objects found; null when they could not be counted. */
  objectCount: z.number().int().nullable(),
  tookMs: z.number(),
});
export type ConnectionTest = z.infer<typeof ConnectionTest>;

export const TestConnectionInput = z.strictObject({
  source: z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("text"), kubeconfig: z.string(), context: z.string().optional() }),
    z.strictObject({ from: z.literal("local"), context: z.string() }),
    z.strictObject({ from: z.literal("cluster"), cluster: z.string() }),
  ]),
  allowInsecureTls: z.boolean().default(false),
});

/** Imports contexts of the user's own kubeconfig (local mode only). */
export const ImportLocalInput = z.strictObject({
  contexts: z
    .array(
      z.strictObject({
        context: z.string(),
        name: z.string().optional(),
        environment: z.string().optional(),
        labels: z.record(z.string(), z.string()).optional(),
      }),
    )
    .min(1)
    .max(50),
});
export const ImportResult = z.object({
  results: z.array(
    z.object({
      context: z.string(),
      clusterId: z.string().nullable(),
      slug: z.string().nullable(),
      error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
    }),
  ),
});
/** Allows one exec plugin of the user's own kubeconfig: the code is what `start` printed for `hash` on the terminal. */
export const ApproveExecInput = z.strictObject({ context: ContextName, hash: z.string(), code: z.string().length(6) });
/** Asks `start` to print a code for this context's exec plugin on its terminal. */
export const RequestExecCodeInput = z.strictObject({ context: ContextName, hash: z.string() });
