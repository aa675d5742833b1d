import { connect } from "node:net";
import { reviewRights, whoAmI } from "../access.ts";
import type { ClusterTarget, ExecCredential } from "../cluster-target.ts";
import { discoverFlux, pathOf, type ServedKind } from "../discovery.ts";
import { checkEgress, type EgressPolicy, hostOf } from "../egress.ts";
import { KubeError } from "../kube-error.ts";
import { SERVICE_ACCOUNT_MANIFEST } from "../service-account.ts";
import { createTransport, type Transport } from "../transport.ts";
import { fluxVersion, kubernetesVersion } from "../versions.ts";
import { remedyOf } from "./remedies.ts";
import { CONNECTION_STEPS, type ConnectionFacts, type ConnectionStep } from "./steps.ts";

const CONNECT_MS = 5_000;

interface Found {
  message: string;
  warn?: { remedy: string; manifest?: string };
  facts?: ConnectionFacts;
}

/**
 * Connects step by step and says what each found, or why it failed and what to do. Nothing is stored, nothing on the
 * cluster changes. A failing step is an answer: it does not throw.
 */
export async function* testConnection(
  target: ClusterTarget,
  options: { egress: EgressPolicy; credential?: () => Promise<ExecCredential> },
): AsyncGenerator<ConnectionStep> {
  const transport = createTransport(target, { ...options, timeoutMs: 10_000 });
  const peer = target.proxy ?? target.server;
  let addresses: string[] = [];
  let version = "";
  let refusal: KubeError | undefined;
  let served: ServedKind[] = [];
  const steps: Record<ConnectionStep["name"], () => Promise<Found>> = {
    DNS: async () => {
      addresses = await checkEgress(peer, options.egress);
      const what = target.proxy === undefined ? "" : "The proxy ";
      return {
        message:
          addresses[0] === hostOf(peer)
            ? `${what}${what === "" ? "The address" : "address"} needs no lookup.`
            : `${what}${hostOf(peer)} resolves to ${addresses.join(", ")}.`,
      };
    },
    TCP: async () => ({
      message: `Connected to ${await reach(addresses, portOf(peer))}${target.proxy === undefined ? "" : ", the proxy"}.`,
    }),
    TLS: async () => {
      // Any answer proves TLS; what it says is the next steps' matter.
      version = await kubernetesVersion(transport).catch((error: unknown) => {
        if (!(error instanceof KubeError) || error.status === undefined) throw error;
        refusal = error;
        return "";
      });
      if (target.insecure !== true) return { message: "The API server's certificate is the expected one." };
      return {
        message: "TLS is not verified.",
        warn: {
          remedy:
            "Whoever is between here and the cluster can read and change everything. Add the cluster's certificate-authority-data.",
        },
      };
    },
    Authentication: async () => {
      const isOurs = refusal === undefined || refusal.code === "CLUSTER_AUTH" || refusal.code === "CLUSTER_FORBIDDEN";
      // Something answered that is no API server, or one that cannot serve: asking it who we are would only hide that.
      if (!isOurs) throw refusal;
      const name = await whoAmI(transport);
      return {
        message:
          name === null
            ? "The API server accepts the credential."
            : `The API server knows this credential as ${printable(name)}.`,
      };
    },
    Version: async () => {
      version = version === "" ? await kubernetesVersion(transport) : version;
      return { message: `Kubernetes ${version}.`, facts: { kubernetesVersion: version } };
    },
    Flux: async () => {
      served = await discoverFlux(transport);
      if (served.length === 0)
        return {
          message: "The cluster serves no Flux kinds.",
          warn: {
            remedy:
              "Install Flux on it (flux install, or the Flux Operator); its objects appear here by themselves then.",
          },
          facts: { fluxVersion: null, kindCount: 0, objectCount: 0 },
        };
      const [installed, objectCount] = await Promise.all([fluxVersion(transport), countObjects(transport, served)]);
      const kinds = `${served.length} Flux ${served.length === 1 ? "kind" : "kinds"}`;
      return {
        message: `${installed === null ? "Flux" : `Flux ${installed}`}, ${kinds}${objectCount === null ? "" : `, ${objectCount} objects`}.`,
        facts: { fluxVersion: installed, kindCount: served.length, objectCount },
      };
    },
    Permissions: async () => {
      const rights = await reviewRights(transport, served);
      const missing = rights.filter((right) => right.allowed === "no" || right.allowed === "partly");
      const message = rights
        .map(
          (right) =>
            `${right.feature}: ${right.allowed}${right.detail === null ? "" : ` (${right.detail.replace(/\.$/, "")})`}`,
        )
        .join(". ");
      if (missing.length === 0) return { message: `${message}.` };
      return {
        message: `${message}.`,
        warn: {
          remedy: "Grant the missing verbs, for example with this ClusterRole.",
          manifest: SERVICE_ACCOUNT_MANIFEST,
        },
      };
    },
  };
  try {
    yield* walk(steps);
  } finally {
    transport.close();
  }
}

async function* walk(steps: Record<ConnectionStep["name"], () => Promise<Found>>): AsyncGenerator<ConnectionStep> {
  let failed = false;
  for (const name of CONNECTION_STEPS) {
    const startedMs = performance.now();
    const step: ConnectionStep = {
      name,
      outcome: "skipped",
      message: "Not tried.",
      remedy: null,
      manifest: null,
      code: null,
      tookMs: 0,
    };
    if (!failed) {
      try {
        const { message, warn, facts } = await steps[name]();
        Object.assign(step, {
          message,
          outcome: warn === undefined ? "ok" : "warn",
          remedy: warn?.remedy ?? null,
          manifest: warn?.manifest ?? null,
          ...(facts === undefined ? {} : { facts }),
        });
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        failed = true;
        const { remedy, manifest } = remedyOf(error);
        Object.assign(step, { outcome: "fail", message: error.message, remedy, manifest, code: error.code });
      }
      step.tookMs = Math.round(performance.now() - startedMs);
    }
    yield step;
  }
}

const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
};

/** Names of users are the API server's text: only what a name can be is shown. */
const printable = (name: string): string => name.replace(/[^\p{L}\p{N}:@._/-]/gu, "").slice(0, 200);

/** The first address that accepts a TCP connection. @throws KubeError CLUSTER_UNREACHABLE, CLUSTER_TIMEOUT */
async function reach(addresses: readonly string[], port: number): Promise<string> {
  let last: KubeError | undefined;
  for (const host of addresses) {
    const failure = await knock(host, port);
    if (failure === null) return `${host.includes(":") ? `[${host}]` : host}:${port}`;
    last = failure;
  }
  throw last ?? new KubeError("CLUSTER_UNREACHABLE", "There is no address to connect to.");
}

function knock(host: string, port: number): Promise<KubeError | null> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const end = (failure: KubeError | null) => {
      socket.destroy();
      done(failure);
    };
    socket.setTimeout(CONNECT_MS, () =>
      end(new KubeError("CLUSTER_TIMEOUT", `Nothing answered on port ${port} within ${CONNECT_MS / 1000} s.`)),
    );
    socket.once("connect", () => end(null));
    socket.once("error", (cause: NodeJS.ErrnoException) =>
      end(
        new KubeError(
          "CLUSTER_UNREACHABLE",
          `Port ${port} ${cause.code === "ECONNREFUSED" ? "refused the connection" : "cannot be reached"}.`,
          { reason: cause.code ?? "", cause },
        ),
      ),
    );
  });
}

/** How many Flux objects there are, by the first page of each kind; null when one kind does not tell. */
async function countObjects(transport: Transport, served: readonly ServedKind[]): Promise<number | null> {
  const counts = await Promise.all(
    served.map(async (kind) => {
      try {
        const page = await transport.json<{ items?: unknown[]; metadata?: { remainingItemCount?: number } }>(
          `${pathOf(kind)}?limit=1`,
        );
        return (page.items?.length ?? 0) + (page.metadata?.remainingItemCount ?? 0);
      } catch (error) {
        if (error instanceof KubeError) return null;
        throw error;
      }
    }),
  );
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}
