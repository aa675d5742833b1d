/**
 * A replica of its own that stores events of generated objects: `writer.ts DATABASE_URL EVENTS_A_SECOND`. Of 20 events 19
 * are heartbeats. Says `ready` by IPC once its first states are stored and events flow; ends by SIGTERM.
 */
import { connect } from "@flux-orchestrator/db";
import { FEED_CHANNEL } from "@flux-orchestrator/fleet/measured";
import type { KubeObject } from "@flux-orchestrator/flux";
import { LivingObject, type ObjectName } from "../lib/living-object.ts";
import { startWritingReplica } from "../lib/writing-replica.ts";

/** How many objects have events; more would only cost memory. */
const OBJECTS = 4_000;
const CLUSTERS = 100;
const HEARTBEATS = 0.95;
const TICK_MS = 10;

const [url = "", perSecond = "1000"] = process.argv.slice(2);
const database = connect({ url });
const rows = await database.sql<(ObjectName & { clusterId: string })[]>`
  select cluster_id::text as "clusterId", "group", kind, namespace, name, uid from flux_resources
  where cluster_id in (select id from clusters order by id limit ${CLUSTERS}) order by id limit ${OBJECTS}`;
const clusterIds = [...new Set(rows.map(({ clusterId }) => clusterId))];
const replica = await startWritingReplica(database, clusterIds, () => {
  void database.sql.notify(FEED_CHANNEL, "");
});
const objects = rows.map(({ clusterId, ...of }) => ({ clusterId, object: new LivingObject(of) }));
for (const { clusterId, object } of objects) await replica.event(clusterId, object.toObject());
await replica.settled();

let sent = 0;
let ended = false;
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => {
  ended = true;
});
const beganMs = performance.now();
process.send?.("ready");
while (!ended) {
  const due = ((performance.now() - beganMs) / 1000) * Number(perSecond);
  for (; sent < due; sent++) {
    const { clusterId, object } = objects[(sent * 7919) % objects.length]!;
    if (sent % 20 < HEARTBEATS * 20) object.heartbeat();
    else object.news();
    // As text, since a reflector has to parse it too.
    await replica.event(clusterId, JSON.parse(JSON.stringify(object.toObject())) as KubeObject);
  }
  await Bun.sleep(TICK_MS);
}
await replica.stop();
await database.close();
process.exit(0);
