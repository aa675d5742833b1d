import { expect, test } from "bun:test";
import { useApi } from "../../test/api-fixture.ts";
import { type Linked, storeLinked } from "../../test/chain.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { all, isIn, not } from "../query/predicate.ts";
import { waitsFor } from "./waits-for.ts";

const fixture = useApi();

/** What an object of a cluster of its own waits for, a line each. */
async function waits(linked: readonly Linked[], of: string, actor?: string): Promise<string[]> {
  const cluster = await insertCluster(fixture.database);
  await storeLinked(fixture.database, cluster, linked);
  const [kind, name] = of.split(" ") as [string, string];
  const answer = await fixture.perform(waitsFor, { cluster, kind, namespace: "apps", name }, actor);
  expect(answer.more).toBe(false);
  return answer.waits.map(({ ref, state, word, waiters, depth }) =>
    [
      `${depth} ${ref.kind} ${ref.name}: ${state}`,
      word ?? "-",
      waiters.map((waiter) => `${waiter.relation} of ${waiter.ref.name}`).join(", "),
    ].join(", "),
  );
}

test("a chain is followed to its cause, through what waits and past what is Ready", async () => {
  const chain: Linked[] = [
    { object: "GitRepository git" },
    { object: "Kustomization infra", word: "Failed", to: ["source GitRepository git"] },
    { object: "Kustomization ready", to: ["source GitRepository git", "dependsOn Kustomization infra"] },
    { object: "Kustomization base", word: "Blocked", to: ["dependsOn Kustomization infra"] },
    {
      object: "Kustomization app",
      word: "Blocked",
      to: ["source GitRepository git", "dependsOn Kustomization base", "dependsOn Kustomization ready"],
    },
  ];
  expect(await waits(chain, "Kustomization app")).toEqual([
    "1 Kustomization base: waits, Blocked, dependsOn of app",
    "2 Kustomization infra: cause, Failed, dependsOn of base",
  ]);
  expect(await waits(chain, "Kustomization infra")).toEqual([]);
});

test("a release waits for its chart, and the chart for the source both name", async () => {
  expect(
    await waits(
      [
        { object: "HelmRepository charts", word: "Failed" },
        { object: "HelmChart apps-web", word: "Blocked", to: ["source HelmRepository charts"] },
        {
          object: "HelmRelease web",
          word: "Blocked",
          to: ["chart HelmChart apps-web", "source HelmRepository charts", "values ConfigMap vars"],
        },
      ],
      "HelmRelease web",
    ),
  ).toEqual([
    "1 HelmChart apps-web: waits, Blocked, chart of web",
    "1 HelmRepository charts: cause, Failed, source of web, source of apps-web",
  ]);
});

test("what does not exist is missing, and what is not watched is said to be so", async () => {
  expect(
    await waits(
      [
        {
          object: "ResourceSet web",
          word: "Blocked",
          to: ["dependsOn Deployment db", "dependsOn Kustomization gone", "source Bucket gone"],
        },
      ],
      "ResourceSet web",
    ),
  ).toEqual([
    "1 Deployment db: unwatched, -, dependsOn of web",
    "1 Kustomization gone: missing, -, dependsOn of web",
    "1 Bucket gone: missing, -, source of web",
  ]);
});

test("objects that wait for each other are a loop, with the object itself in it or beside it", async () => {
  const loop: Linked[] = [
    { object: "Kustomization a", word: "Blocked", to: ["dependsOn Kustomization b"] },
    { object: "Kustomization b", word: "Blocked", to: ["dependsOn Kustomization a"] },
    { object: "Kustomization outside", word: "Blocked", to: ["dependsOn Kustomization a"] },
  ];
  expect(await waits(loop, "Kustomization a")).toEqual(["1 Kustomization b: loop, Blocked, dependsOn of a"]);
  expect(await waits(loop, "Kustomization outside")).toEqual([
    "1 Kustomization a: loop, Blocked, dependsOn of outside, dependsOn of b",
    "2 Kustomization b: loop, Blocked, dependsOn of a",
  ]);
});

test("a suspended source that is Ready keeps nobody waiting; one that failed before does", async () => {
  const suspended = (readyStatus: string): Linked[] => [
    { object: "GitRepository git", word: "Suspended", row: { readyStatus } },
    { object: "Kustomization app", word: "Blocked", to: ["source GitRepository git"] },
  ];
  expect(await waits(suspended("True"), "Kustomization app")).toEqual([]);
  expect(await waits(suspended("False"), "Kustomization app")).toEqual([
    "1 GitRepository git: cause, Suspended, source of app",
  ]);
});

test("an endless chain is cut, and says so", async () => {
  const cluster = await insertCluster(fixture.database);
  const chain = Array.from({ length: 30 }, (_, index) => ({
    object: `Kustomization link-${index}`,
    word: "Blocked" as const,
    to: [`dependsOn Kustomization link-${index + 1}`],
  }));
  await storeLinked(fixture.database, cluster, chain);
  const answer = await fixture.perform(waitsFor, { cluster, kind: "Kustomization", namespace: "apps", name: "link-0" });
  expect(answer.waits.map(({ depth }) => depth)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(answer.more).toBe(true);
});

test("what the reader may not see is hidden, whether it exists or not, and nothing behind it is told", async () => {
  fixture.rights.give("reader", { allows: () => true, sees: all(not(isIn("kind", ["Bucket"]))) });
  const linked: Linked[] = [
    { object: "Kustomization behind", word: "Failed" },
    { object: "Bucket there", word: "Failed", to: ["dependsOn Kustomization behind"] },
    { object: "Kustomization app", word: "Blocked", to: ["source Bucket gone", "source Bucket there"] },
  ];
  expect(await waits(linked, "Kustomization app", "reader")).toEqual([
    "1 Bucket gone: hidden, -, source of app",
    "1 Bucket there: hidden, -, source of app",
  ]);
});

test("an object that is not stored, a cluster that is not there and an actor without the right are refused", async () => {
  const cluster = await insertCluster(fixture.database);
  const ref = { cluster, kind: "Kustomization", namespace: "apps", name: "nobody" };
  expect((await fixture.refusal(waitsFor, ref)).code).toBe("OBJECT_NOT_FOUND");
  expect((await fixture.refusal(waitsFor, { ...ref, cluster: crypto.randomUUID() })).code).toBe("CLUSTER_NOT_FOUND");
  expect((await fixture.refusal(waitsFor, { ...ref, kind: "Pod" })).code).toBe("KIND_NOT_SUPPORTED");
  fixture.rights.give("stranger", allBut("resource.read"));
  expect((await fixture.refusal(waitsFor, ref, "stranger")).code).toBe("FORBIDDEN");
});
