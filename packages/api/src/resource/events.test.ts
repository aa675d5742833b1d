import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { listEvents } from "./events.ts";

const fixture = useApi();
let last = 0;

/** One stored event of GitRepository apps/`name`. */
async function store(cluster_id: string, name: string, minute: number, change: object = {}): Promise<void> {
  const at = new Date(Date.UTC(2026, 0, 2, 3, minute));
  const object = { group: "source.toolkit.fluxcd.io", kind: "GitRepository", namespace: "apps", name, uid: "u" };
  const told = { type: "Normal", reason: "NewArtifact", message: `at ${minute}`, source: "source-controller" };
  const count = { count: 2, first_at: at, last_at: at, event_uid: "e", event_count: 1, fingerprint: String(++last) };
  await fixture.database
    .sql`insert into object_events ${fixture.database.sql({ cluster_id, ...object, ...told, ...count, ...change })}`;
}
const ref = (cluster: string) => ({ cluster, kind: "GitRepository", namespace: "apps", name: "fleet" });

test("the events of an object are listed newest first, page by page, each once and no others", async () => {
  const [cluster, other] = [await insertCluster(fixture.database), await insertCluster(fixture.database)];
  // Two at the same time: the id decides.
  for (const minute of [5, 1, 9, 9, 3, 7]) await store(cluster, "fleet", minute);
  await store(cluster, "another", 1);
  await store(other, "fleet", 1);
  await store(cluster, "fleet", 1, { kind: "Bucket" });
  const messages: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { events: { message: string }[]; nextCursor: string | null } = await fixture.perform(listEvents, {
      ...ref(cluster),
      limit: 4,
      ...(cursor === null ? {} : { cursor }),
    });
    messages.push(...page.events.map(({ message }) => message));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(messages).toEqual(["at 9", "at 9", "at 7", "at 5", "at 3", "at 1"]);
  const { events } = await fixture.perform(listEvents, { ...ref(cluster), limit: 1 });
  expect(events).toEqual([
    {
      id: expect.any(String),
      type: "Normal",
      reason: "NewArtifact",
      message: "at 9",
      source: "source-controller",
      count: 2,
      firstAt: "2026-01-02T03:09:00.000Z",
      lastAt: "2026-01-02T03:09:00.000Z",
    },
  ]);
});

test("what is no cursor, a cluster that is not there and an actor without the right are refused", async () => {
  const cluster = await insertCluster(fixture.database);
  for (const cursor of ["x", "1", "1.", `1.${"9".repeat(30)}`])
    expect((await fixture.refusal(listEvents, { ...ref(cluster), cursor })).code).toBe("CURSOR");
  expect((await fixture.refusal(listEvents, ref(crypto.randomUUID()))).code).toBe("CLUSTER_NOT_FOUND");
  fixture.rights.give("stranger", allBut("resource.read"));
  expect((await fixture.refusal(listEvents, ref(cluster), "stranger")).code).toBe("FORBIDDEN");
});
