import type { Revision, StoredObject } from "../objects/revision.ts";
import type { Cluster } from "./cluster.ts";
import { unparsable } from "./lists.ts";
import type { Outgoing } from "./outgoing.ts";
import { type Selector, selectorOf } from "./selectors.ts";
import { apiVersionOf, type ServedResource } from "./served-resources.ts";
import { expired, StatusError } from "./status.ts";

/** Bytes a client may leave unread before we wait for it; what it missed is told from the history. */
const UNREAD_MAX = 1024 * 1024;
/** A bookmark comes shortly before a watch is ended. */
const LAST_BOOKMARK_MS = 2_000;

/** One open watch. */
export class WatchStream {
  #position: number;
  #bookmarked: number;
  #isBehind = false;
  readonly #stop: () => void;
  readonly #endsAt: number;
  readonly #selects: Selector;
  readonly #wantsBookmarks: boolean;

  /** @throws StatusError for a request that cannot be served */
  constructor(
    readonly cluster: Cluster,
    readonly resource: ServedResource,
    readonly out: Outgoing,
    options: { namespace: string; query: URLSearchParams; onEnd: (stream: WatchStream) => void },
  ) {
    const { query } = options;
    const { store } = cluster;
    this.#selects = selectorOf(query, resource, options.namespace);
    this.#wantsBookmarks = /^(1|true)$/.test(query.get("allowWatchBookmarks") ?? "");
    const version = query.get("resourceVersion") ?? "";
    const wantsInitial = query.get("sendInitialEvents") === "true";
    if (!/^\d*$/.test(version)) throw new StatusError(500, "", unparsable(version));
    if (wantsInitial && query.get("resourceVersionMatch") !== "NotOlderThan")
      throw new StatusError(
        422,
        "Invalid",
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      );
    const fromNow = version === "" || version === "0" || wantsInitial;
    const missed = fromNow ? [] : store.since(Number(version));
    if (missed === undefined && cluster.goneAs === "answer") throw tooOld(version, store.compacted);
    const seconds = Number(query.get("timeoutSeconds") ?? 0) || 1_800 + (store.version % 1_800);
    const { watchMs } = cluster.faults.settings;
    this.#endsAt = cluster.now() + Math.min(seconds * 1000, watchMs ?? Number.POSITIVE_INFINITY);
    this.#position = store.version;
    this.#bookmarked = cluster.now();
    this.#stop = store.follow(resource, (revision, before) => this.#tell(revision, before));
    out.open(200, () => {
      this.#stop();
      options.onEnd(this);
    });
    if (missed === undefined) {
      out.write(`${JSON.stringify({ type: "ERROR", object: tooOld(version, store.compacted) })}\n`);
      this.end();
      return;
    }
    if (fromNow) {
      for (const { latest } of store.objects(resource, options.namespace))
        if (this.#selects(latest)) this.#write(latest, "ADDED");
      if (wantsInitial) this.bookmark({ "k8s.io/initial-events-end": "true" });
    }
    this.#catchUp(missed);
  }

  /** What time brings: a bookmark, or the end. */
  tick(nowMs: number): void {
    if (nowMs >= this.#endsAt) this.end();
    else if (!this.#wantsBookmarks || this.#isBehind) return;
    else {
      const isLast = this.#endsAt - nowMs <= LAST_BOOKMARK_MS;
      const waitMs = isLast ? LAST_BOOKMARK_MS : this.cluster.bookmarkSeconds * 1000;
      if (nowMs - this.#bookmarked >= waitMs) this.bookmark();
    }
  }

  bookmark(annotations?: Record<string, string>): void {
    this.#bookmarked = this.cluster.now();
    const { store } = this.cluster;
    const metadata = { resourceVersion: String(store.version), ...(annotations === undefined ? {} : { annotations }) };
    const object = { kind: this.resource.kind, apiVersion: apiVersionOf(this.resource), metadata };
    this.out.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  end(): void {
    this.forget();
    this.out.end();
  }

  /** Says nothing any more, and does not end either. */
  forget(): void {
    this.#stop();
  }

  /** Who watches a part sees objects come into it and leave it. */
  #tell(revision: Revision, before: Revision | undefined): void {
    if (this.#isBehind) return;
    const was = before !== undefined && this.#selects(before);
    const is = revision.type !== "DELETED" && this.#selects(revision);
    if (is) this.#write(revision, was ? "MODIFIED" : "ADDED");
    else if (was) this.#write(revision, "DELETED");
  }

  #write(revision: Revision, type: Revision["type"]): void {
    this.#position = revision.version;
    this.out.write(`{"type":"${type}","object":${revision.text()}}\n`);
    if (this.out.unread < UNREAD_MAX) return;
    this.#isBehind = true;
    this.out.onceRead(() => this.#resume());
  }

  /** The client reads again: what happened meanwhile is told in order, or it has to list again. */
  #resume(): void {
    this.#isBehind = false;
    const missed = this.cluster.store.since(this.#position);
    if (missed === undefined) this.end();
    else this.#catchUp(missed);
  }

  #catchUp(missed: readonly Revision[]): void {
    // What an object was before its first change is not remembered: taken to be in the same part as after it.
    const before = new Map<StoredObject, Revision>();
    for (const revision of missed) {
      if (this.#isBehind) return;
      if (revision.object.design.resource !== this.resource) continue;
      const known = before.get(revision.object);
      before.set(revision.object, revision);
      if (known === undefined && revision.type !== "ADDED") this.#tell(revision, revision);
      else this.#tell(revision, known);
    }
  }
}

const tooOld = (version: string, oldest: number): StatusError =>
  expired(`too old resource version: ${version} (${oldest})`);
