import type { Database } from "@flux-orchestrator/db";
import type { FleetLog } from "./log.ts";
import type { FeedListener } from "./ports.ts";

export interface RegistrationsOptions {
  database: Database;
  log: FleetLog;
  /** What each watched cluster was connected with, as `ClusterLink.credential` has it. */
  watched: ReadonlyMap<string, { link: { credential: string | undefined } }>;
  onAdded: (clusterId: string, confirmedAt: Date | null) => void;
  /** It has another credential than the one it was connected with. */
  onChanged: (clusterId: string) => void;
  onRemoved: (clusterId: string) => Promise<void>;
}

interface Registered {
  id: string;
  confirmedAt: Date | null;
  credential: string | null;
}

/**
 * Keeps what this process watches what is registered, whichever process registered, changed or removed a cluster: the change
 * feed says which to look at.
 */
export class Registrations {
  /** Clusters to look at next; null: all of them. */
  #asked: Set<string> | null = new Set();
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(readonly options: RegistrationsOptions) {}

  /** What the change feed tells. */
  readonly heard: FeedListener = (batch) => {
    if ("resync" in batch) return void this.look();
    const ids = batch.changes.flatMap(({ subject, clusterId }) =>
      subject === "cluster" && clusterId !== null ? [clusterId] : [],
    );
    if (ids.length > 0) void this.look(ids);
  };

  /** Resolves once these clusters, or all, were looked at, by a read that began after this call. Never rejects. */
  async look(ids?: readonly string[]): Promise<void> {
    if (this.#stopped) return;
    const before = this.#looking;
    if (ids === undefined) this.#asked = null;
    for (const id of ids ?? []) this.#asked?.add(id);
    await before;
    // Whoever waited for the same read shares this one.
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  /** Resolves once nothing is being looked at; afterwards nothing is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  async #lookNow(): Promise<void> {
    const ids = this.#asked === null ? null : [...this.#asked];
    this.#asked = new Set();
    if (this.#stopped || ids?.length === 0) return;
    try {
      await this.#compare(ids);
    } catch (error) {
      // Looked at again with the next change, or within the minute.
      this.options.log.warn({ err: error }, "which clusters are registered could not be read");
    }
  }

  async #compare(ids: readonly string[] | null): Promise<void> {
    const { database, watched, onAdded, onChanged, onRemoved } = this.options;
    const connectedWith = new Map([...watched].map(([id, { link }]) => [id, link.credential]));
    const rows = await registeredClusters(database, ids);
    if (this.#stopped) return;
    const registered = new Set(rows.map(({ id }) => id));
    for (const { id, confirmedAt, credential } of rows) {
      // Nobody could connect with none.
      if (credential === null) continue;
      const link = watched.get(id)?.link;
      const before = connectedWith.get(id);
      if (link === undefined) onAdded(id, confirmedAt);
      // Unless it was connected anew while this was read.
      else if (before !== undefined && before === link.credential && before !== credential) onChanged(id);
    }
    const gone = (ids ?? [...connectedWith.keys()]).filter((id) => !registered.has(id) && watched.has(id));
    await Promise.all(gone.map(onRemoved));
  }
}

/** Clusters that are registered, the oldest first. @param ids of these alone */
export const registeredClusters = (database: Database, ids: readonly string[] | null = null) =>
  database.sql<Registered[]>`
    select c.id::text as id, c.confirmed_at as "confirmedAt", md5(k.sealed) as credential
    from clusters c left join cluster_credentials k on k.cluster_id = c.id
    where c.deleted_at is null and ${ids === null ? database.sql`true` : database.sql`c.id = any(${[...ids]}::uuid[])`}
    order by c.created_at`;
