import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type KubeObject as SettledObject, settle } from "@flux-orchestrator/flux";
import {
  getObject,
  installExtraCrds,
  installFluxCrds,
  type KubeApiserver,
  type KubeObject,
  requirement,
  SEEDED_LABEL,
  seedObjects,
  startKubeApiserver,
} from "../index.ts";
import { findExtraCrds } from "../prerequisites/extra-crds.ts";

const COUNT = 250;
const NOW_MS = Date.now();
/** An object nobody has picked up is given a minute before it is called Unknown. */
const LATER_MS = NOW_MS + 120_000;

describe.skipIf(!(await requirement("kube-apiserver")))("seeded objects", () => {
  let apiserver: KubeApiserver;
  let seeded: KubeObject[] = [];
  let stored: KubeObject[] = [];
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    await installExtraCrds(apiserver);
    seeded = await seedObjects(apiserver, { count: COUNT, seed: 7, nowMs: NOW_MS });
    stored = await Promise.all(seeded.map((object) => getObject(apiserver, object)));
  }, 180_000);
  afterAll(() => apiserver?.stop(), 180_000);

  const wordsOf = (objects: readonly KubeObject[]) =>
    new Set(objects.map((object) => object.metadata.labels?.[SEEDED_LABEL]));

  test("they exist, with the status they were given", () => {
    expect(stored).toHaveLength(COUNT);
    for (const [index, object] of stored.entries())
      expect(object.status ?? {}).toMatchObject(seeded[index]!.status ?? {});
  });

  test("each settles in the readiness its label names", () => {
    const told = stored.map((object) => {
      const { word } = settle(null, object as unknown as SettledObject, LATER_MS);
      return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}: ${word}`;
    });
    expect(told).toEqual(
      stored.map(
        ({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}: ${metadata.labels?.[SEEDED_LABEL]}`,
      ),
    );
  });

  test("every readiness occurs, in several namespaces, and most are Ready", () => {
    expect([...wordsOf(stored)].sort()).toEqual([
      "Blocked",
      "Drifted",
      "Failed",
      "Progressing",
      "Ready",
      "Retrying",
      "Stalled",
      "Static",
      "Suspended",
      "Terminating",
      "Unknown",
    ]);
    expect(new Set(stored.map(({ metadata }) => metadata.namespace)).size).toBe(8);
    expect(stored.filter(({ metadata }) => metadata.labels?.[SEEDED_LABEL] === "Ready").length).toBeGreaterThan(
      COUNT / 3,
    );
  });

  test("every Flux kind the cluster serves occurs", () => {
    const extra = findExtraCrds().map((folder) => (folder.includes("operator") ? 4 : 3));
    expect(new Set(stored.map(({ kind }) => kind)).size).toBe(11 + extra.reduce((sum, count) => sum + count, 0));
  });

  test("what they refer to exists", () => {
    const names = new Set(stored.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`));
    const dangling = stored.flatMap(({ kind, metadata, spec }) => {
      const source = spec.sourceRef ?? spec.chartRef ?? spec.chart?.spec?.sourceRef;
      const dependencies = (spec.dependsOn ?? []).map((on: { name: string }) => ({ kind, ...on }));
      const isOurs = kind === "Kustomization" || kind === "HelmRelease" || kind === "HelmChart";
      return (isOurs ? [source, ...dependencies] : [])
        .map((ref) => `${ref.kind} ${ref.namespace ?? metadata.namespace}/${ref.name}`)
        .filter((name) => !names.has(name));
    });
    expect(dangling).toEqual([]);
  });

  test("what an inventory lists of them names it as its owner", () => {
    const children = stored.filter(
      ({ metadata }) => metadata.labels?.["kustomize.toolkit.fluxcd.io/name"] !== undefined,
    );
    expect(children.length).toBeGreaterThan(20);
    for (const { kind, metadata } of children) {
      const labels = metadata.labels!;
      const owner = stored.find(
        (object) =>
          object.kind === "Kustomization" &&
          object.metadata.name === labels["kustomize.toolkit.fluxcd.io/name"] &&
          object.metadata.namespace === labels["kustomize.toolkit.fluxcd.io/namespace"],
      );
      const ids = (owner?.status?.inventory?.entries ?? []).map((entry: { id: string }) => entry.id);
      expect(ids.join(" ")).toContain(`${metadata.namespace}_${metadata.name}_`);
      expect(["Kustomization", "HelmRelease"]).toContain(kind);
    }
  });
});
