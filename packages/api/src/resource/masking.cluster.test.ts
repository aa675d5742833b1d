import { beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  type KubeObject,
  kubeRequest,
  patchObject,
  requirement,
  until,
} from "@flux-orchestrator/testing";
import { asController, useCluster } from "../../test/cluster-fixture.ts";
import { gitRepository, helmRelease, helmRepository, kustomization } from "../../test/manifests.ts";
import { openWatcher } from "../../test/watcher.ts";
import { listActivities } from "../activity/list.ts";
import { getCluster } from "../cluster/get.ts";
import { fleetSummary } from "../fleet/summary.ts";
import { listChildren } from "./children.ts";
import { getResource } from "./get.ts";
import { getLiveResource } from "./get-live.ts";
import { getStoredResource } from "./get-stored.ts";
import { listResources } from "./list.ts";
import { listStoredResources } from "./list-stored.ts";
import { reconcileResource } from "./reconcile.ts";
import { resumeResource } from "./resume.ts";
import { getRun } from "./run.ts";
import { suspendResource } from "./suspend.ts";
import { resourceYaml } from "./yaml.ts";

const MARK = "q7mark5z";
/** Differs in every way of writing it: quotes, an ampersand, what URLs escape, and a letter beyond ASCII. */
const secret = (place: string) => `${MARK} "${place}" & pä$$/1+1?`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
/** A message that quotes a value as tools do. */
const quoting = (value: string) =>
  `failed: ${value}; json ${JSON.stringify(value)}; url ${encodeURIComponent(value)}; base64 ${base64(value)}`;

/** Whether a text gives a secret away, plain, escaped or in base64. */
const givesAway = (text: string) => text.includes(MARK) || text.includes(base64(MARK).slice(0, 10));

describe.skipIf(!(await requirement("kube-apiserver")))("what is secret in a cluster", () => {
  const fixture = useCluster({ extraKinds: true });
  let objects: KubeObject[] = [];
  let namespace = "";

  beforeAll(async () => {
    namespace = await fixture.namespace();
    const { apiserver } = fixture;
    const operator = await kubeRequest(apiserver, "GET", "/apis/fluxcd.controlplane.io").catch(() => null);
    const url = `https://robot:${MARK}-p%40ss@git.example/fleet?token=${MARK}`;
    const made: [object: KubeObject, message: string][] = [
      [
        helmRelease(
          {
            namespace,
            name: "release",
            annotations: { "kubectl.kubernetes.io/last-applied-configuration": secret("last applied") },
          },
          {
            values: {
              db: { password: secret("values"), port: 5432 },
              list: [{ token: secret("in a list") }],
              on: false,
            },
            valuesFrom: [{ kind: "Secret", name: "from", valuesKey: "values.yaml" }],
            postRenderers: [
              { kustomize: { patches: [{ patch: secret("post renderer"), target: { kind: "Deployment" } }] } },
            ],
          },
        ),
        `${quoting(secret("values"))} ${quoting(secret("in a list"))} ${quoting(secret("post renderer"))}`,
      ],
      [
        kustomization(
          { namespace, name: "app" },
          {
            postBuild: { substitute: { password: secret("substitution") } },
            patches: [{ patch: `- op: add\n  value: ${MARK}-patch`, target: { kind: "Secret" } }],
          },
        ),
        `${quoting(secret("substitution"))}\nvalue: ${MARK}-patch\n${JSON.stringify(`- op: add\n  value: ${MARK}-patch`)}`,
      ],
      [
        gitRepository({ namespace, name: "fleet" }, { url }),
        `unable to clone '${url}': authentication failed for ${MARK}-p@ss, ${MARK}-p%40ss at https://x:${MARK}@a@git.example/x`,
      ],
      [
        helmRepository({ namespace, name: "charts" }, { url: `https://u:${MARK}-h@charts.example` }),
        `${MARK}-h refused`,
      ],
      [
        {
          apiVersion: "notification.toolkit.fluxcd.io/v1beta3",
          kind: "Provider",
          metadata: { namespace, name: "chat" },
          spec: {
            type: "slack",
            address: `https://hooks.example/${MARK}/path`,
            proxy: `http://u:${MARK}@proxy.example`,
          },
        },
        "",
      ],
      [
        {
          apiVersion: "notification.toolkit.fluxcd.io/v1",
          kind: "Receiver",
          metadata: { namespace, name: "hook" },
          spec: { type: "generic", secretRef: { name: "s" }, resources: [{ kind: "GitRepository", name: "fleet" }] },
        },
        `Receiver initialized for path: /hook/${MARK}`,
      ],
      ...(operator === null
        ? []
        : ([
            [
              {
                apiVersion: "fluxcd.controlplane.io/v1",
                kind: "ResourceSet",
                metadata: { namespace, name: "set" },
                spec: {
                  inputs: [{ tenant: secret("input") }],
                  resources: [
                    {
                      apiVersion: "v1",
                      kind: "Secret",
                      metadata: { name: "made", namespace },
                      stringData: { password: secret("rendered") },
                    },
                  ],
                },
              },
              `${quoting(secret("input"))} ${quoting(secret("rendered"))}`,
            ],
          ] satisfies [KubeObject, string][])),
    ];
    const watcher = await openWatcher(fixture, { topics: [{ topic: "query", filter: {} }] });
    objects = await Promise.all(made.map(([object]) => createObject(apiserver, object)));
    for (const [index, object] of objects.entries()) {
      const message = made[index]![1];
      if (message === "") continue;
      const status = object.kind === "Receiver" ? { webhookPath: `/hook/${MARK}` } : {};
      await asController(apiserver, object, { ready: "False", message, status });
      await fixture.untilStored(object, "Failed");
    }
    await until("all of them are told", () => {
      const names = watcher.frames("changes").flatMap(({ changes }) => changes.map(({ name }) => name));
      return objects.every(({ metadata }) => names.includes(metadata.name));
    });
    expect(givesAway(JSON.stringify(watcher.told))).toBe(false);
    await watcher.close();
  });

  test("the test would see it: the cluster itself gives every one of them away", async () => {
    for (const object of objects) expect(givesAway(JSON.stringify(await fixture.live(object)))).toBe(true);
    expect(givesAway(base64(secret("x")))).toBe(true);
    expect(givesAway(encodeURIComponent(secret("x")))).toBe(true);
  });

  test("is in no answer of any read", async () => {
    for (const object of objects)
      for (const read of [getResource, getLiveResource, getStoredResource, resourceYaml, listChildren]) {
        const answer = await fixture.perform<typeof read.input, typeof read.output>(read, fixture.ref(object));
        expect([object.kind, read.name, givesAway(JSON.stringify(answer))]).toEqual([object.kind, read.name, false]);
      }
    const lists = [
      await fixture.perform(listResources, { namespace: [namespace] }),
      await fixture.perform(listStoredResources, { of: fixture.cluster }),
      await fixture.perform(fleetSummary, undefined),
      await fixture.perform(getCluster, { cluster: fixture.cluster }),
      await fixture.perform(listActivities, {}),
    ];
    for (const answer of lists) expect(givesAway(JSON.stringify(answer))).toBe(false);
    expect(lists[0]).toMatchObject({ total: { count: objects.length } });
  });

  test("a search for it finds nothing", async () => {
    for (const text of [MARK, secret("values"), `${MARK}-p%40ss`])
      expect((await fixture.perform(listResources, { text })).total?.count).toBe(0);
  });

  test("is in no answer of an action, nor in what its run says how it ended", async () => {
    for (const object of objects.filter(({ kind }) => kind !== "Provider")) {
      const run = await fixture.perform(reconcileResource, {
        ...fixture.ref(object),
        withSource: object.kind === "Kustomization",
      });
      const asked = object.kind === "Kustomization" ? objects.find(({ kind }) => kind === "GitRepository")! : object;
      await until("it is asked", async () => {
        const { annotations } = (await fixture.live(asked)).metadata;
        return annotations?.["reconcile.fluxcd.io/requestedAt"] === run.token;
      });
      const { status } = await fixture.live(asked);
      const { message } = status.conditions[0];
      await asController(fixture.apiserver, asked, { ready: "False", message });
      const ended = await until("the run has ended", async () => {
        const one = await fixture.perform(getRun, { id: run.id });
        return one.phase === "ended" && one;
      });
      expect(ended.outcome).toBe("failed");
      const rows = [
        await fixture.perform(suspendResource, fixture.ref(object)),
        await fixture.perform(resumeResource, fixture.ref(object)),
      ];
      expect([object.kind, givesAway(JSON.stringify([run, ended, rows]))]).toEqual([object.kind, false]);
    }
  });

  test("a masked value is one token, and tells by its fingerprint that it changed", async () => {
    const values = {
      db: { password: secret("values"), port: 5432 },
      list: [{ token: secret("in a list") }],
      on: false,
    };
    const valuesFrom = [{ kind: "Secret", name: "from", valuesKey: "values.yaml" }];
    const made = helmRelease({ namespace, name: "changing" }, { values, valuesFrom });
    const release = await createObject(fixture.apiserver, made);
    const masked = async () => {
      const key = { ...fixture.ref(release), clusterId: fixture.cluster, group: "helm.toolkit.fluxcd.io" };
      await fixture.fleet.refresh(key);
      const [row] = await fixture.database.sql<{ document: string }[]>`
        select document from flux_objects o join flux_resources r on r.id = o.resource_id
        where r.cluster_id = ${fixture.cluster} and r.kind = 'HelmRelease' and r.namespace = ${namespace} and r.name = 'changing'`;
      return JSON.parse(row!.document);
    };
    const before = await masked();
    expect(before.spec.values).toEqual({
      db: { password: "⟦masked⟧", port: "⟦masked⟧" },
      list: [{ token: "⟦masked⟧" }],
      on: "⟦masked⟧",
    });
    expect(before.spec.valuesFrom).toEqual(valuesFrom);
    await patchObject(fixture.apiserver, release, { spec: { values: { db: { password: secret("another") } } } });
    const after = await masked();
    const leaf = "/spec/values/db/password";
    const fingerprints = [before, after].map((document) => document["flux-orchestrator/masked"]);
    expect(fingerprints[0][leaf]).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprints[1][leaf]).not.toBe(fingerprints[0][leaf]);
    expect(fingerprints[1]["/spec/values/db/port"]).toBe(fingerprints[0]["/spec/values/db/port"]);
  });

  test("stands in no table of the database and no line of the log", async () => {
    const { sql } = fixture.database;
    const tables = await sql<{ name: string }[]>`
      select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`;
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const rows = await sql<{ text: string }[]>`select to_jsonb(t)::text as text from ${sql(name)} t`;
      expect([name, rows.filter(({ text }) => givesAway(text))]).toEqual([name, []]);
    }
    expect(givesAway(JSON.stringify(fixture.log))).toBe(false);
  });
});
