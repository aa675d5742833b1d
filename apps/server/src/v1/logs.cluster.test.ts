import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  createObject,
  type FakeKubelet,
  installFluxCrds,
  type KubeApiserver,
  requirement,
  startFakeKubelet,
  startKubeApiserver,
} from "@flux-orchestrator/testing";
import { WORKLOADS } from "./test-cluster.ts";
import { kubeconfigOf, useRest } from "./test-rest.ts";
import { expectShape, FAILURE, type Shape } from "./test-shapes.ts";

const POD = "web-8546bbbb4-4zjgm";
const ENTRY: Shape = {
  timestamp: "t",
  cluster_id: "s",
  cluster_name: "s",
  namespace: "s",
  pod_name: "s",
  container: "s",
  message: "s",
};
const line = (second: number, text: string) => ({ at: `2026-01-02T03:04:0${second}.500000000Z`, text });

describe.skipIf(!(await requirement("kube-apiserver")))("logs over REST v1", () => {
  const rest = useRest();
  let apiserver: KubeApiserver;
  let kubelet: FakeKubelet;
  let id = "";
  beforeAll(async () => {
    apiserver = await startKubeApiserver();
    await installFluxCrds(apiserver);
    kubelet = await startFakeKubelet(apiserver);
    for (const object of [...WORKLOADS].sort((one, other) => Number(one.kind === "Pod") - Number(other.kind === "Pod")))
      await createObject(apiserver, object);
    kubelet.write(`default/${POD}/web`, [line(1, "ERROR <first>"), line(2, "second"), line(3, "third")]);
    const kubeconfig = apiserver.kubeconfig();
    id = (await rest.call("POST", "/api/v1/clusters", { name: "prod", kubeconfig })).json.id;
  }, 180_000);
  afterAll(async () => {
    await kubelet?.[Symbol.asyncDispose]();
    await apiserver?.stop();
  }, 180_000);

  const logs = (query = "", pod = POD) => rest.call("GET", `/api/v1/clusters/${id}/pods/default/${pod}/logs${query}`);
  const failure = async (answer: ReturnType<typeof logs>) => {
    const { status, json } = await answer;
    expectShape(json, FAILURE);
    return [status, json.code];
  };

  describe("of a pod (§3.4 24)", () => {
    test("are one text", async () => {
      const { status, json } = await logs();
      expect([status, json]).toEqual([200, { logs: "ERROR <first>\nsecond\nthird\n" }]);
      expect((await logs("?container=web&tail=2")).json).toEqual({ logs: "second\nthird\n" });
      expect((await logs("?container=prepare")).json).toEqual({ logs: "" });
      expect((await logs("?tail=1&timestamps=true")).json).toEqual({ logs: "2026-01-02T03:04:03.500000000Z third\n" });
      expect((await logs("?since=2026-01-02T03:04:03Z")).json).toEqual({ logs: "third\n" });
    });

    test.each(["x", "", "0", "-5", "99999999", "1e3"])("a tail of %j is no failure (Q40)", async (tail) => {
      expect((await logs(`?tail=${tail}`)).json.logs).toEndWith("third\n");
    });

    test("of what is not there are not found (Q8)", async () => {
      expect(await failure(logs("?container=nope"))).toEqual([404, "OBJECT_NOT_FOUND"]);
      expect(await failure(logs("", "absent"))).toEqual([404, "OBJECT_NOT_FOUND"]);
      expect(await failure(logs("?container=..%2Fx"))).toEqual([400, "NAME"]);
      expect(await failure(logs("?since=yesterday"))).toEqual([400, "INPUT_INVALID"]);
    });

    test("are text that goes on when they are followed, and fail as JSON before it begins", async () => {
      const response = await fetch(`${rest.url}/api/v1/clusters/${id}/pods/default/${POD}/logs?follow=true&tail=1`);
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      expect((await reader.read()).value).toBe("third\n");
      kubelet.write(`default/${POD}/web`, [line(4, "fourth")]);
      expect((await reader.read()).value).toBe("fourth\n");
      kubelet.end(`default/${POD}/web`);
      expect((await reader.read()).done).toBe(true);
      expect(await failure(logs("?follow=true", "absent"))).toEqual([404, "OBJECT_NOT_FOUND"]);
    });
  });

  describe("of many (§3.4 27; Q21)", () => {
    const aggregated = (query: string) => rest.call("GET", `/api/v1/logs/aggregated?${query}`);

    test("have the time of each line, the cluster's name and a level where there is one", async () => {
      const { status, json } = await aggregated(`cluster_id=${id}&namespace=default&label_selector=app%3Dweb`);
      expect([status, Object.keys(json)]).toEqual([200, ["logs", "count"]]);
      expect(json.count).toBe(json.logs.length);
      const [first, second] = json.logs;
      expectShape(first, { ...ENTRY, level: ["error", "warn", "info", "debug"] });
      expectShape(second, ENTRY);
      expect(first).toMatchObject({
        timestamp: "2026-01-02T03:04:01.5Z",
        cluster_name: "prod",
        pod_name: POD,
        message: "ERROR <first>",
        level: "error",
      });
    });

    test("of nothing are an empty list (Q19)", async () => {
      for (const query of ["namespace=none", "cluster_id=nope", `cluster_id=${id}&label_selector=app%3Dother`])
        expect((await aggregated(query)).json).toEqual({ logs: [], count: 0 });
    });

    test("name the clusters that could not be asked, and have the others' lines", async () => {
      const kubeconfig = kubeconfigOf("https://127.0.0.1:1");
      const dead = (await rest.call("POST", "/api/v1/clusters", { name: "dead", kubeconfig })).json.id;
      const { json } = await aggregated(`cluster_id=${id}&cluster_id=${dead}&namespace=default&tail_lines=1`);
      expect(json.count).toBe(1);
      expect(json.errors).toMatchObject([{ cluster_id: dead, cluster_name: "dead", code: "CLUSTER_UNREACHABLE" }]);
      await rest.call("DELETE", `/api/v1/clusters/${dead}`);
    });

    test("a selector or namespace that is none is refused (Q6)", async () => {
      expect(await failure(aggregated("label_selector=a%3D("))).toEqual([400, "LABELS"]);
      expect(await failure(aggregated("namespace=..%2Fx"))).toEqual([400, "NAME"]);
    });
  });

  test("nothing here was an unexpected failure", () => {
    expect(rest.errors).toEqual([]);
  });
});
