/** A process of its own that is killed in the middle of a bulk reconcile. `bun bulk-process.ts TARGET` */
import { connect, createKeyring, type DatabaseTarget } from "@flux-orchestrator/db";
import { startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { bulkReconcile } from "../src/bulk/jobs.ts";
import { previewBulk } from "../src/bulk/preview.ts";
import { createApi } from "../src/create-api.ts";
import { submit } from "../src/job/submit.ts";
import { perform } from "../src/perform.ts";

const database = connect(JSON.parse(process.argv[2]!) as DatabaseTarget);
const shared = {
  database,
  keyring: createKeyring(Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7))),
  egress: LOCAL_EGRESS,
  log: { info() {}, warn() {}, error() {} },
  now: Date.now,
};
const fleet = await startFleet({ ...shared, syncIntervalMinutes: async () => 5 });
const api = createApi({ ...shared, fleet, mode: "local", version: "1.2.3" });
const call = api.context({ actor: { id: "operator" }, requestId: "killed", through: "dashboard" });
const { token } = await perform(previewBulk, call, { action: "reconcile", filter: {} });
const { id } = await submit(bulkReconcile, call, { filter: {}, token });
process.stdout.write(`${id}\n`);
