import { beforeAll, expect, test } from "bun:test";
import { refusalOf, useApi } from "../../test/api-fixture.ts";
import { allBut } from "../../test/rights.ts";
import { insertCluster } from "../../test/rows.ts";
import { submitted, untilEnded } from "../../test/submitted.ts";
import { submit } from "../job/submit.ts";
import { isIn } from "../query/predicate.ts";
import { resyncAllClusters } from "./resync-all.ts";

const fixture = useApi();
let alpha = "";
let beta = "";
let gamma = "";
beforeAll(async () => {
  // Not in the order of their names.
  gamma = await insertCluster(fixture.database, { name: "gamma" });
  alpha = await insertCluster(fixture.database, { name: "alpha" });
  beta = await insertCluster(fixture.database, { name: "beta" });
});

const itemsOf = async (clusters: string[] | undefined, actor: string) => {
  const { job } = await submitted(fixture, resyncAllClusters, clusters === undefined ? {} : { clusters }, actor);
  const { items } = await untilEnded(fixture, job.id, actor);
  return items.map(({ title, clusterId }) => ({ title, clusterId }));
};

test("without clusters it is every one the actor may see and resync, by name", async () => {
  expect(await itemsOf(undefined, "operator")).toEqual([
    { title: "alpha", clusterId: alpha },
    { title: "beta", clusterId: beta },
    { title: "gamma", clusterId: gamma },
  ]);
  fixture.rights.give("some", {
    allows: (permission, { clusterId }) => permission !== "resource.reconcile" || clusterId !== beta,
    sees: isIn("clusterId", [alpha, beta]),
  });
  expect(await itemsOf(undefined, "some")).toEqual([{ title: "alpha", clusterId: alpha }]);
});

test("with clusters it is those, in their order, each once", async () => {
  expect(await itemsOf(["gamma", alpha, gamma], "operator")).toEqual([
    { title: "gamma", clusterId: gamma },
    { title: "alpha", clusterId: alpha },
  ]);
});

const refusal = (clusters: string[], actor: string) =>
  submit(resyncAllClusters, fixture.call({ actor }), { clusters }).then(
    () => expect.unreachable("it was expected to be refused"),
    refusalOf,
  );

test("one cluster that is not there, or that the actor may not resync, refuses the whole job", async () => {
  expect(await refusal([alpha, "nowhere"], "operator")).toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  fixture.rights.give("reader", allBut("resource.reconcile"));
  expect(await refusal([alpha], "reader")).toMatchObject({ code: "FORBIDDEN" });
  expect(await refusal([], "operator")).toMatchObject({ code: "INPUT_INVALID" });
});
