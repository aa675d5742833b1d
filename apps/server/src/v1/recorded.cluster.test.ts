import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  createObject,
  type FakeKubelet,
  freePorts,
  installFluxCrds,
  type KubeApiserver,
  requirement,
  startFakeKubelet,
  startKubeApiserver,
} from "@flux-orchestrator/testing";
import { FLUX_OBJECTS, WORKLOADS } from "./test-cluster.ts";
import { kubeconfigOf, useRest } from "./test-rest.ts";

/** One request made of the original server, and its answer. */
interface Recorded {
  label: string;
  method: string;
  path: string;
  /** An object, or the text of a body that is none; null without a body. */
  request: object | string | null;
  status: number;
  answer: unknown;
}
const RECORDED = join(import.meta.dir, "../../fixtures/rest-v1/answers.jsonl");
const recorded = (await Bun.file(RECORDED).text())
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** Where we answer otherwise on purpose, by method and label: the status, and what was wrong with the original. */
const MENDED: Record<string, [status: number, because: string]> = {
  "create, duplicate name": [409, "a taken name is the client's mistake"],
  "update, unknown": [404, "nothing was updated"],
  "health, unknown": [404, "there is no such cluster"],
  "sync, dead": [502, "nothing was read"],
  "sync, unknown": [404, "there is no such cluster"],
  "resource by id, encoded": [200, "ids hold slashes"],
  "stats, unknown": [404, "there is no such cluster"],
  "flux get OCIRepository/oci": [200, "it is a Flux kind"],
  "flux get Bucket/bucket": [200, "it is a Flux kind"],
  "flux get kustomization/app": [400, "there is no such kind"],
  "reconcile OCIRepository/oci": [200, "it is a Flux kind"],
  "reconcile Kustomization/not-there": [404, "there is no such object"],
  "suspend OCIRepository/oci": [200, "it is a Flux kind"],
  "suspend Kustomization/not-there": [404, "there is no such object"],
  "resume OCIRepository/oci": [200, "it is a Flux kind"],
  "resume Kustomization/not-there": [404, "there is no such object"],
  "reconcile by body, missing field": [400, "the request names no object"],
  "reconcile by body, unknown kind": [400, "there is no such kind"],
  "put spec, invalid": [422, "the cluster refuses it, or would"],
  "put, empty": [400, "there is no spec to write"],
  "scale, negative": [400, "there is no such number of replicas"],
  "scale, unknown": [404, "there is no such object"],
  "scale, wrong kind": [400, "it has no replicas"],
  "restart, wrong kind": [400, "it has no pods"],
  "manifest Deployment": [200, "it is an object like any other"],
  "manifest ConfigMap": [200, "it is an object like any other"],
  "logs, bad container": [404, "there is no such container"],
  "logs, unknown pod": [404, "there is no such object"],
  "aggregated, nothing": [200, "an empty list is a list"],
  "delete pod, unknown": [404, "there is no such object"],
  "settings put": [200, "the table exists"],
  settings: [200, "the table exists"],
  "empty /api/v1/settings": [200, "the table exists"],
  "settings, unknown key": [200, "the table exists"],
  "settings, bad value": [400, "a number is wanted"],
  "resources export ?format=json": [200, "it is no id"],
  "resources export ?format=csv": [200, "it is no id"],
  "resources export ?format=xml": [200, "it is no id"],
  "resources export ": [200, "it is no id"],
  "auth, open mode /api/v1/auth/me": [401, "it is no page"],
  "auth, open mode /api/v1/auth/login": [404, "it is no page"],
  "unknown path": [404, "it is no page"],
  "wrong method": [405, "it is no page"],
  "delete, unknown": [404, "nothing was removed"],
};
/** Times that were year 1 when there was none. */
const NULLABLE = new Set(["last_reconcile"]);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** What a client can rely on: fields and types, and that a time is a time. Lists are as their first entry is. */
function skeleton(value: unknown, field = ""): unknown {
  if (NULLABLE.has(field)) return "time or null";
  if (Array.isArray(value)) return value.length === 0 ? [] : [skeleton(value[0])];
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, skeleton(part, key)]));
  return typeof value === "string" && TIME.test(value) ? "time" : typeof value;
}

/** A manifest without what controllers and earlier requests left on the recorded object, and without who wrote which field. */
function withoutHistory(manifest: unknown): object {
  const { apiVersion, kind, metadata } = manifest as { apiVersion: string; kind: string; metadata: object };
  const { annotations: _, finalizers: __, managedFields: ___, ...lasting } = metadata as Record<string, unknown>;
  return { apiVersion, kind, metadata: lasting };
}

describe.skipIf(!(await requirement("kube-apiserver")))("the answers of the original", () => {
  const rest = useRest();
  let apiserver: KubeApiserver;
  let kubelet: FakeKubelet;
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
    for (const object of [...FLUX_OBJECTS, ...WORKLOADS]) await createObject(apiserver, object);
    kubelet = await startFakeKubelet(apiserver);
    const lines = [1, 2, 3].map((second) => ({ at: `2026-01-02T03:04:0${second}Z`, text: `line ${second}` }));
    kubelet.write("default/web-8546bbbb4-4zjgm/web", lines);
  }, 180_000);
  afterAll(async () => {
    await kubelet?.[Symbol.asyncDispose]();
    await apiserver?.stop();
  }, 180_000);

  test("keep their codes, fields and types, in the order in which they were recorded", async () => {
    const kubeconfigs = [apiserver.kubeconfig(), kubeconfigOf(`https://127.0.0.1:${(await freePorts(1))[0]}`)];
    /** Ids as they were recorded, and ours. */
    const ids = new Map<string, string>();
    const ours = (text: string) => [...ids].reduce((so, [theirs, mine]) => so.replaceAll(theirs, mine), text);
    for (const { label, method, path, request, status, answer } of recorded) {
      const text = typeof request === "string" ? request : request === null ? undefined : JSON.stringify(request);
      const kubeconfig = kubeconfigs[label === "create, unreachable" ? 1 : 0]!;
      const body =
        text === undefined ? undefined : ours(text).replace('"<kubeconfig>"', () => JSON.stringify(kubeconfig));
      const got = await rest.call(method, ours(path), body);
      const mended = MENDED[label] ?? MENDED[`${label} ${path}`];
      expect([label, path, got.status]).toEqual([label, path, mended?.[0] ?? status]);

      if (got.status >= 400) expect(Object.keys(got.json)).toEqual(["error", "code", "hint"]);
      else if (answer === null || method === "OPTIONS" || (mended !== undefined && status >= 400)) continue;
      else if (label === "aggregated, nothing") expect(got.json).toMatchObject({ logs: [], count: 0 });
      else if (label.startsWith("manifest"))
        expect(skeleton(got.json)).toMatchObject(skeleton(withoutHistory(answer)) as object);
      else if (label === "stats") expect(skeleton(got.json)).toMatchObject(skeleton(answer) as object);
      else expect([label, skeleton(got.json)]).toEqual([label, skeleton(answer)]);

      if (status === 201 && got.status === 201) ids.set((answer as { id: string }).id, got.json.id);
      if (label === "activities") ids.set("/activities/28", `/activities/${got.json[0].id}`);
    }
    expect(rest.errors).toEqual([]);
  }, 180_000);
});
