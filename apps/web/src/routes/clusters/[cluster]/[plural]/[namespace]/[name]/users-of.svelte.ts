import type { UsedBy } from "@flux-orchestrator/contract";
import { fleet } from "#lib/fleet.svelte.ts";
import { live } from "#lib/live/live.svelte.ts";
import { Paged } from "#lib/paged.svelte.ts";
import { trpc } from "#lib/trpc.ts";

type Asked = Parameters<typeof trpc.resource.usedBy.query>[0];
export type User = UsedBy["users"][number];
/** Other clusters may change all the time; who uses an object of theirs does not. */
const REASK_EVERY_MS = 15_000;

/** Who uses an object, on some clusters: the worst first, more on demand. */
export class UsersOf extends Paged<UsedBy> {
  /** Each once, as it was told last. */
  readonly users = $derived.by((): User[] => {
    const users = new Map<string, User>();
    for (const user of this.pages.flatMap((page) => page.users))
      if (!users.has(user.row.id)) users.set(user.row.id, user);
    return [...users.values()].map((user) => ({ ...user, row: { ...user.row, stale: isStale(user.row) } }));
  });
  /** Where it is or is referred to, the worst first. */
  readonly clusters = $derived.by(() => this.first.value?.clusters ?? []);
  /** How many use it, shown or not. */
  readonly count = $derived.by(() => this.clusters.reduce((sum, { users }) => sum + users, 0));

  constructor(asked: Asked) {
    super((cursor, signal) =>
      trpc.resource.usedBy.query(cursor === undefined ? asked : { ...asked, cursor }, { signal }),
    );
  }

  /** Asks again, not too often, when something changes on a cluster that uses it, until the returned function is called. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void this.first.load();
      }, REASK_EVERY_MS);
    };
    const stopWatching = live.watch({
      topics: [{ topic: "summary" }],
      from: null,
      onCluster: (id) => {
        if (this.clusters.some(({ clusterId }) => clusterId === id)) soon();
      },
      onRefetch: soon,
    });
    return () => {
      clearTimeout(timer);
      stopWatching();
    };
  }
}

/** As the stream says now; the page may have been asked for before the cluster fell silent. */
const isStale = ({ clusterSlug, stale }: User["row"]): boolean => fleet.bySlug(clusterSlug)?.stale ?? stale;
