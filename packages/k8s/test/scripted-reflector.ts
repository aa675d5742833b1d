import type { KubeObject } from "@flux-orchestrator/flux";
import type { Answer, Reply } from "@flux-orchestrator/testing";
import type { ServedKind } from "../src/discovery.ts";
import { type ReflectorSink, runReflector } from "../src/reflector/run-reflector.ts";
import type { WatchLimits } from "../src/reflector/watch.ts";
import type { Protocol } from "../src/transport/dial.ts";
import { startTlsWorld, type TlsWorldOptions } from "./tls-world.ts";

export const SERVED: ServedKind = {
  group: "kustomize.toolkit.fluxcd.io",
  version: "v1",
  plural: "kustomizations",
  kind: "Kustomization",
  namespaced: true,
  verbs: ["list", "watch"],
};

/** What watches may be carried by. */
export const PROTOCOLS = ["h2", "http/1.1"] as const;
export const serverOver = (protocol: Protocol): TlsWorldOptions =>
  protocol === "h2" ? { http2: { streamsMax: 100 } } : {};

/** A Kustomization at a version; everything a list or an event needs. */
export const object = (name: string, resourceVersion: number | string): KubeObject =>
  ({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "apps", uid: `uid-${name}`, resourceVersion: String(resourceVersion) },
  }) as KubeObject;

export const line = (type: string, event: unknown): string => `${JSON.stringify({ type, object: event })}\n`;
export const bookmark = (resourceVersion: number | string): string =>
  line("BOOKMARK", { metadata: { resourceVersion: String(resourceVersion) } });
export const errorEvent = (code: number, reason = ""): string => line("ERROR", { kind: "Status", code, reason });

/** Answers a list in one page. */
export const list =
  (version: number, ...items: unknown[]): Answer =>
  (_, reply) =>
    reply.send(200, { kind: "KustomizationList", metadata: { resourceVersion: String(version) }, items });
/** Answers one page of a list that goes on. */
export const page =
  (version: number, token: string, ...items: unknown[]): Answer =>
  (_, reply) =>
    reply.send(200, { metadata: { resourceVersion: String(version), continue: token }, items });
export const status =
  (code: number, headers: Record<string, string> = {}, fields: object = {}): Answer =>
  (_, reply) =>
    reply.send(code, { kind: "Status", code, ...fields }, headers);
/** Answers a watch with these pieces, then ends it in good order unless told how. */
export const stream =
  (pieces: readonly (string | Uint8Array)[], finish: (reply: Reply) => unknown = (reply) => reply.end()): Answer =>
  (_, reply) => {
    reply.open();
    for (const piece of pieces) reply.write(piece);
    finish(reply);
  };
/** Breaks a stream off once everything written to it has left. */
export const breakOff = async (reply: Reply): Promise<void> => {
  await reply.flushed();
  reply.destroy();
};

export interface Script {
  /** Where it resumes; without one it lists first. */
  resourceVersion?: string;
  lists?: readonly Answer[];
  watches?: readonly Answer[];
  /** Called on every event before it counts as acknowledged. */
  onEvent?: (object: KubeObject) => Promise<void>;
  now?: () => number;
  limits?: WatchLimits;
  /** What watches are carried by; HTTP/2 without it. */
  protocol?: Protocol;
}

export interface Played {
  /** What the sink was told, a line each. */
  told: string[];
  /** Milliseconds of each wait that was asked for. */
  waits: number[];
  /** From which version each watch was opened. */
  watched: string[];
  /** `continue` token of each list request; empty for a first page. */
  listed: string[];
}

/**
 * Plays a reflector against a server that answers lists and watches by a script, until it asks for one more. Waits are
 * noted, not waited. @throws when a watch ever begins elsewhere than at the version the sink last acknowledged
 */
export async function play(script: Script): Promise<Played> {
  const played: Played = { told: [], waits: [], watched: [], listed: [] };
  const [lists, watches] = [[...(script.lists ?? [])], [...(script.watches ?? [])]];
  const over = new AbortController();
  let acknowledged = script.resourceVersion ?? "";
  const astray: string[] = [];
  const answer: Answer = ({ path }, reply) => {
    const query = new URL(path, "https://x").searchParams;
    const isWatch = query.get("watch") === "1";
    const asked = query.get(isWatch ? "resourceVersion" : "continue") ?? "";
    (isWatch ? played.watched : played.listed).push(asked);
    if (isWatch && asked !== acknowledged) astray.push(`watched from ${asked}, acknowledged ${acknowledged}`);
    const next = (isWatch ? watches : lists).shift();
    if (next === undefined) over.abort();
    else return next({ path } as Parameters<Answer>[0], reply);
  };
  await using world = await startTlsWorld(answer, serverOver(script.protocol ?? "h2"));
  const tell = (text: string) => void played.told.push(text);
  const sink: ReflectorSink = {
    onListStart: () => tell("list"),
    onPage: (objects) => tell(`page ${objects.map(({ metadata }) => metadata.name).join(",")}`),
    onListEnd: (version) => {
      tell(`listed @${version}`);
      acknowledged = version;
    },
    onEvent: async (type, event) => {
      await script.onEvent?.(event);
      tell(`${type} ${event.metadata.name} @${event.metadata.resourceVersion}`);
      acknowledged = event.metadata.resourceVersion;
    },
    onBookmark: (version) => {
      tell(`bookmark @${version}`);
      acknowledged = version;
    },
    onState: (state) => tell("error" in state ? `${state.state} ${state.error.code}` : state.state),
    onUnreadable: (_, unreadable) => {
      for (const { reason, name } of unreadable) tell(`unreadable ${reason} ${name ?? "-"}`);
    },
  };
  await runReflector({
    transport: world.transport(),
    served: SERVED,
    signal: over.signal,
    sink,
    random: () => 1,
    clock: {
      now: script.now ?? (() => 1_000_000),
      pause: async (ms) => void played.waits.push(ms),
    },
    ...(script.limits === undefined ? {} : { limits: script.limits }),
    ...(script.resourceVersion === undefined ? {} : { resourceVersion: script.resourceVersion }),
  });
  if (astray.length > 0) throw new Error(astray.join("; "));
  return played;
}
