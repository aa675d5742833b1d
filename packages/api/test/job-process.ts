/** A process of its own that submits two jobs and is under way with them when it is killed. `bun job-process.ts TARGET` */
import { connect, createKeyring, type DatabaseTarget } from "@flux-orchestrator/db";
import { startFleet } from "@flux-orchestrator/fleet";
import { LOCAL_EGRESS } from "@flux-orchestrator/k8s";
import { createApi } from "../src/create-api.ts";
import { submit } from "../src/job/submit.ts";
import { held, TOUCH_JOBS, touchAgain, touchOnce } from "./touch-jobs.ts";

const database = connect(JSON.parse(process.argv[2]!) as DatabaseTarget);
const log = { info() {}, warn() {}, error() {} };
const shared = {
  database,
  keyring: createKeyring(Buffer.from(Array.from({ length: 32 }, (_, index) => index))),
  egress: LOCAL_EGRESS,
  log,
  now: Date.now,
};
const fleet = await startFleet({ ...shared, syncIntervalMinutes: async () => 5 });
const api = createApi({ ...shared, fleet, mode: "local", version: "1.2.3", jobs: TOUCH_JOBS });
for (const name of ["killed-again-2", "killed-again-3", "killed-once-1"]) held.add(name);
const call = (requestId: string) => api.context({ actor: { id: "operator" }, requestId, through: "dashboard" });
const again = await submit(touchAgain, call("again"), {
  names: ["killed-again-1", "killed-again-2", "killed-again-3", "killed-again-4"],
});
const once = await submit(touchOnce, call("once"), { names: ["killed-once-1", "killed-once-2"] });
process.stdout.write(`${JSON.stringify({ again: again.id, once: once.id })}\n`);
