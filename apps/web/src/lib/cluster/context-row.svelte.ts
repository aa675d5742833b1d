import type { ConnectionTest, KubeContext, TestConnectionInput } from "@flux-orchestrator/contract";
import { type Failure, failureOf } from "../failure.ts";
import { trpc } from "../trpc.ts";
import { bareVersion } from "./cluster-state.ts";

type Test = (typeof ConnectionTest)["_zod"]["output"];
type Source = (typeof TestConnectionInput)["_zod"]["input"]["source"];
/** Where the contexts come from: a text the reader gave, or the kubeconfig of this computer. */
export type ContextSource = { from: "text"; kubeconfig: string } | { from: "local" };
/** Environment and labels given to what is added. */
export interface Meta {
  environment: string;
  labels: Record<string, string>;
}

/** One context on its way to becoming a cluster: tested, chosen, added. */
export class ContextRow {
  name = $state("");
  chosen = $state(false);
  allowInsecureTls = $state(false);
  test = $state.raw<Test | null>(null);
  testing = $state(false);
  testFailure = $state.raw<Failure | null>(null);
  adding = $state(false);
  /** Slug of the cluster it became. */
  added = $state<string | null>(null);
  addFailure = $state.raw<Failure | null>(null);

  constructor(
    readonly source: ContextSource,
    readonly context: KubeContext,
  ) {
    this.name = context.name;
  }

  /** Why it cannot be tested or added as it stands; null when it can. */
  get obstacle(): string | null {
    const { context } = this;
    if (context.registeredAs !== null) return "already added";
    if (context.exec !== null && !context.exec.approved)
      return `exec: ${context.exec.command[0]?.split("/").at(-1) ?? "plugin"}`;
    if (context.insecureTls && !this.allowInsecureTls) return "does not verify the API server's certificate";
    return context.refusal?.code === "TLS_VERIFY_REQUIRED" ? null : (context.refusal?.message ?? null);
  }
  get needsApproval(): boolean {
    return this.context.exec !== null && !this.context.exec.approved && this.context.registeredAs === null;
  }
  /** Flux was found on it. */
  get hasFlux(): boolean {
    // Installed by hand, Flux may carry no version; the kinds it brings tell of it just as well.
    return (this.test?.kindCount ?? 0) > 0;
  }
  /** Tone of the test's result. */
  get tone(): string {
    if (this.testing) return "progressing";
    if (this.testFailure !== null || this.test?.outcome === "fail") return "failed";
    return this.test === null ? "unknown" : this.test.outcome === "warn" ? "warn" : "ready";
  }
  /** What the test found, in a few words. */
  get found(): string {
    if (this.testing) return "Testing…";
    if (this.testFailure !== null) return this.testFailure.message;
    if (this.test === null) return "not tried";
    if (this.test.outcome === "fail")
      return this.test.steps.find((step) => step.outcome === "fail")?.message ?? "cannot be reached";
    if (!this.hasFlux) return "no Flux installed";
    const version = bareVersion(this.test.fluxVersion);
    const objects = this.test.objectCount === null ? "" : `, ${this.test.objectCount.toLocaleString("en")} objects`;
    return `Flux${version === null ? "" : ` ${version}`}${objects}`;
  }

  get #testSource(): Source {
    const context = this.context.name;
    return this.source.from === "local"
      ? { from: "local", context }
      : { from: "text", kubeconfig: this.source.kubeconfig, context };
  }
  async runTest(): Promise<void> {
    this.testing = true;
    this.testFailure = null;
    try {
      this.test = await trpc.kubeconfig.test.mutate({
        source: this.#testSource,
        allowInsecureTls: this.allowInsecureTls,
      });
    } catch (error) {
      this.testFailure = failureOf(error);
    } finally {
      this.testing = false;
    }
  }

  /** Registers the cluster. The failure, if any, stays on the row. */
  async add(meta: Meta): Promise<void> {
    this.adding = true;
    this.addFailure = null;
    try {
      this.added = await (this.source.from === "local"
        ? this.#import(meta)
        : this.#register(this.source.kubeconfig, meta));
    } catch (error) {
      this.addFailure = failureOf(error);
    } finally {
      this.adding = false;
    }
  }
  async #register(kubeconfig: string, meta: Meta): Promise<string> {
    const cluster = await trpc.cluster.register.mutate({
      name: this.name,
      kubeconfig,
      context: this.context.name,
      allowInsecureTls: this.allowInsecureTls,
      ...meta,
    });
    return cluster.slug;
  }
  async #import(meta: Meta): Promise<string | null> {
    const { results } = await trpc.kubeconfig.importLocal.mutate({
      contexts: [{ context: this.context.name, name: this.name, ...meta }],
    });
    const result = results[0];
    if (result?.error)
      this.addFailure = {
        message: result.error.message,
        hint: result.error.hint ?? null,
        code: result.error.code,
        requestId: null,
        issues: [],
      };
    return result?.slug ?? null;
  }
}

/** Runs `work` on every row, a few at a time. */
export async function forEachRow(
  rows: readonly ContextRow[],
  work: (row: ContextRow) => Promise<void>,
  atOnce = 4,
): Promise<void> {
  const waiting = [...rows];
  const next = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await work(row);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
