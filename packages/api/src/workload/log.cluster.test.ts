import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { PodLogFrame } from "@flux-orchestrator/contract";
import {
  createObject,
  type FakeKubelet,
  type KubeObject,
  requirement,
  startFakeKubelet,
  until,
} from "@flux-orchestrator/testing";
import { refusalOf } from "../../test/api-fixture.ts";
import { useCluster } from "../../test/cluster-fixture.ts";
import { kubeconfigText } from "../../test/kubeconfig-text.ts";
import { allBut } from "../../test/rights.ts";
import { pod, serviceAccount } from "../../test/workloads.ts";
import { registerCluster } from "../cluster/register.ts";
import { openStream } from "../open-stream.ts";
import { fleetLog } from "./fleet-log.ts";
import { followPodLog } from "./follow-pod-log.ts";
import { podLog } from "./pod-log.ts";

/** A line of the second `second`, and what it says. */
const line = (second: number, text = `line ${second}`) => ({
  at: `2026-01-02T03:04:${String(second).padStart(2, "0")}.123456789Z`,
  text,
});
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index));

describe.skipIf(!(await requirement("kube-apiserver")))("logs", () => {
  const fixture = useCluster();
  let kubelet: FakeKubelet;
  beforeAll(async () => {
    kubelet = await startFakeKubelet(fixture.apiserver);
  }, 180_000);
  afterAll(() => kubelet?.[Symbol.asyncDispose]());

  const image = "registry.example/web:1";
  const makePod = async (options: { name?: string; namespace?: string; spec?: object } = {}) => {
    const namespace = options.namespace ?? (await fixture.namespace());
    if (options.namespace === undefined) await createObject(fixture.apiserver, serviceAccount(namespace));
    const object = pod({ namespace, name: options.name ?? "web-0" }, { nodeName: kubelet.nodeName, ...options.spec });
    await createObject(fixture.apiserver, object);
    return object;
  };
  const refOf = ({ metadata: { namespace = "", name } }: KubeObject) => ({ cluster: fixture.cluster, namespace, name });
  const of = ({ metadata }: KubeObject, container = "web") => `${metadata.namespace}/${metadata.name}/${container}`;
  const read = (object: KubeObject, more: object = {}) => fixture.perform(podLog, { ...refOf(object), ...more });

  describe("of one container", () => {
    test("come oldest first, each line with its own time", async () => {
      const object = await makePod();
      kubelet.write(of(object), lines(3));
      expect(await read(object)).toEqual({ container: "web", lines: lines(3), truncated: false });
    });

    test("are the newest lines, or those since a time", async () => {
      const object = await makePod();
      kubelet.write(of(object), lines(5));
      expect((await read(object, { tail: 2 })).lines).toEqual(lines(5).slice(3));
      expect((await read(object, { since: "2026-01-02T03:04:03Z" })).lines).toEqual(lines(5).slice(3));
    });

    test("are those of the container that is meant: named, the pod's main one, or its first", async () => {
      const containers = ["web", "proxy"].map((name) => ({ name, image }));
      const object = await makePod({ spec: { containers } });
      kubelet.write(of(object, "proxy"), [line(1, "of the proxy")]);
      expect(await read(object)).toMatchObject({ container: "web", lines: [] });
      expect((await read(object, { container: "proxy" })).lines).toEqual([line(1, "of the proxy")]);
      const { namespace = "" } = object.metadata;
      const annotated = pod({ namespace, name: "main" }, { nodeName: kubelet.nodeName, containers });
      const annotations = { "kubectl.kubernetes.io/default-container": "proxy" };
      await createObject(fixture.apiserver, { ...annotated, metadata: { ...annotated.metadata, annotations } });
      expect((await read(annotated)).container).toBe("proxy");
    });

    test("steer no terminal, turn no text around and show no password", async () => {
      const object = await makePod();
      const said = [
        "\u001b[31mred\u001b[0m",
        "\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007",
        "a\u0000b\u202ec",
        "tab\tstays",
        "clone https://user:hunter2-hunter2@git.example/x failed",
      ];
      kubelet.write(
        of(object),
        said.map((text, index) => line(index, text)),
      );
      expect((await read(object)).lines.map(({ text }) => text)).toEqual([
        "red",
        "link",
        "a\ufffdb\ufffdc",
        "tab\tstays",
        "clone https://⟦masked⟧@git.example/x failed",
      ]);
    });

    test("are cut where a line is longer than 64 KiB, and where there is more than an answer holds", async () => {
      const object = await makePod();
      kubelet.write(of(object), [line(0, "x".repeat(1024 * 1024))]);
      const [long] = (await read(object)).lines;
      expect(long!.text).toMatch(/^x+…$/);
      expect(long!.text.length).toBeLessThan(64 * 1024);
      kubelet.write(
        of(object),
        Array.from({ length: 60 }, (_, index) => line(index, `${index}`.padEnd(60_000, "y"))),
      );
      const { lines: kept, truncated } = await read(object);
      expect(truncated).toBe(true);
      expect(kept.length).toBeLessThan(60);
      expect(kept.at(-1)!.text).toStartWith("59");
    });

    test("of what is not there are not found, and a container that never ran says so", async () => {
      const object = await makePod();
      const refusal = (more: object) => fixture.refusal(podLog, { ...refOf(object), ...more });
      expect(await refusal({ name: "absent" })).toMatchObject({ code: "OBJECT_NOT_FOUND" });
      const unknown = await refusal({ container: "nope" });
      expect(unknown).toMatchObject({ code: "OBJECT_NOT_FOUND", hint: "It has web." });
      kubelet.answer(of(object), () =>
        Response.json({ kind: "Status", code: 400, reason: "BadRequest" }, { status: 400 }),
      );
      expect(await refusal({})).toMatchObject({
        code: "OBJECT_NOT_FOUND",
        message: expect.stringContaining("no log yet"),
      });
      expect(await refusal({ previous: true })).toMatchObject({ message: expect.stringContaining("never restarted") });
    });

    test.each([
      ["no tail", { tail: 0 }, "TAIL"],
      ["a negative tail", { tail: -1 }, "TAIL"],
      ["a tail of a trillion", { tail: 1e12 }, "TAIL"],
      ["all of it", { tail: "all" }, "TAIL"],
      ["a container that leaves its path", { container: "../x" }, "NAME"],
      ["a pod that leaves its path", { name: "../x" }, "NAME"],
      ["a time that is none", { since: "yesterday" }, "INPUT_INVALID"],
      ["a time to come", { since: "2999-01-01T00:00:00Z" }, "INPUT_INVALID"],
    ])("%s is refused", async (_, more, code) => {
      const ref = { cluster: fixture.cluster, namespace: "default", name: "web-0" };
      expect((await fixture.refusal(podLog, { ...ref, ...more })).code).toBe(code);
    });
  });

  describe("that are followed", () => {
    const follow = (object: KubeObject, more: object = {}, call = fixture.call()) =>
      openStream(followPodLog, call, { ...refOf(object), ...more });
    const next = async (frames: AsyncGenerator<{ id: string; frame: PodLogFrame }>) => (await frames.next()).value!;

    test("begin with an empty frame and what there is, tell each line as it is written, and end with the container", async () => {
      const object = await makePod();
      kubelet.write(of(object), lines(2));
      const frames = follow(object);
      expect((await next(frames)).frame).toEqual({ lines: [] });
      expect((await next(frames)).frame.lines).toEqual(lines(2));
      kubelet.write(of(object), [line(7)]);
      expect((await next(frames)).frame.lines).toEqual([line(7)]);
      kubelet.end(of(object));
      expect((await next(frames)).frame).toEqual({ lines: [], end: "log" });
      expect((await frames.next()).done).toBe(true);
    });

    test("go on where their reader stopped, and tell nothing twice", async () => {
      const object = await makePod();
      kubelet.write(of(object), [line(1), line(2, "first of its time"), line(2, "second of its time")]);
      const frames = follow(object);
      await next(frames);
      const { id } = await next(frames);
      await frames.return(undefined);
      kubelet.write(of(object), [line(2, "third of its time"), line(3)]);
      const again = follow(object, { lastEventId: id });
      await next(again);
      expect((await next(again)).frame.lines).toEqual([line(2, "third of its time"), line(3)]);
      await again.return(undefined);
    });

    test.each(["-1", "1;2", "x".repeat(64), "2026-13-45T99:99:99Z/1"])("begin anew after %j", async (lastEventId) => {
      const object = await makePod();
      kubelet.write(of(object), lines(1));
      const frames = follow(object, { lastEventId });
      await next(frames);
      expect((await next(frames)).frame.lines).toEqual(lines(1));
      await frames.return(undefined);
    });

    test("are let go of by the cluster when their reader leaves", async () => {
      const object = await makePod();
      kubelet.write(of(object), lines(1));
      const before = kubelet.following;
      const leave = new AbortController();
      const frames = follow(object, {}, fixture.call({ signal: leave.signal }));
      await next(frames);
      await next(frames);
      expect(kubelet.following).toBe(before + 1);
      const waiting = frames.next().catch(() => undefined);
      leave.abort();
      await waiting;
      await until("it is no longer followed", async () => kubelet.following === before);
    });

    test("of what may not be read, or is not there, fail before anything is told", async () => {
      fixture.rights.give("stranger", allBut("resource.read"));
      const object = await makePod();
      const failure = (frames: AsyncGenerator<unknown>) =>
        frames.next().then(
          () => undefined,
          (error) => refusalOf(error).code,
        );
      expect(await failure(follow(object, {}, fixture.call({ actor: "stranger" })))).toBe("FORBIDDEN");
      expect(await failure(follow(object, { container: "nope" }))).toBe("OBJECT_NOT_FOUND");
      expect(await failure(follow(object, { tail: -1 }))).toBe("TAIL");
    });
  });

  describe("of many pods and clusters", () => {
    const fleet = (namespace: string, more: object = {}) =>
      fixture.perform(fleetLog, { clusters: [fixture.cluster], namespace, ...more });

    test("come by the time at which each line was written, with whose it is and its level", async () => {
      const one = await makePod({ name: "one" });
      const { namespace = "" } = one.metadata;
      const two = await makePod({ name: "two", namespace });
      kubelet.write(of(one), [line(1, "INFO begins"), line(4, '{"level":"error","msg":"x"}')]);
      kubelet.write(of(two), [line(2, "W0102 03:04:05.000000 1 x.go:1] careful"), line(3, "plain"), line(5, "")]);
      const log = await fleet(namespace);
      expect(log.lines.map(({ pod, text, level }) => [pod, text, level])).toEqual([
        ["one", "INFO begins", "info"],
        ["two", "W0102 03:04:05.000000 1 x.go:1] careful", "warn"],
        ["two", "plain", null],
        ["one", '{"level":"error","msg":"x"}', "error"],
      ]);
      expect(log.lines[0]).toMatchObject({ at: line(1).at, clusterName: "main", namespace, container: "web" });
      expect(log).toMatchObject({ complete: true, failures: [], leftOut: [] });
    });

    test("are narrowed by labels, and by lines of each container", async () => {
      const object = await makePod();
      const { namespace = "" } = object.metadata;
      kubelet.write(of(object), lines(5));
      expect((await fleet(namespace, { labelSelector: "app=web", tail: 2 })).lines).toHaveLength(2);
      expect((await fleet(namespace, { labelSelector: "app notin (web)" })).lines).toEqual([]);
    });

    test("say what failed and why, and keep the rest", async () => {
      const object = await makePod();
      const { namespace = "" } = object.metadata;
      const broken = await makePod({ name: "broken", namespace });
      kubelet.write(of(object), lines(1));
      kubelet.answer(of(broken), () => new Response("q7mark5z", { status: 500 }));
      const { id: dead } = await fixture.perform(registerCluster, {
        name: `dead-${namespace}`,
        kubeconfig: kubeconfigText({ token: "a-token-that-opens-nothing" }),
      });
      const log = await fleet(namespace, { clusters: [dead, fixture.cluster] });
      expect(log.lines.map(({ text }) => text)).toEqual(["line 0"]);
      expect(log.complete).toBe(false);
      expect(log.failures.map(({ clusterName, pod, code }) => [clusterName, pod, code])).toEqual([
        [`dead-${namespace}`, null, "CLUSTER_UNREACHABLE"],
        ["main", "broken", "CLUSTER_ERROR"],
      ]);
      expect(JSON.stringify(log)).not.toContain("q7mark5z");
    });

    test("say how much was left out where there is too much of one container", async () => {
      const object = await makePod();
      const { namespace = "" } = object.metadata;
      kubelet.write(
        of(object),
        Array.from({ length: 10 }, (_, index) => line(index, `${index}`.padEnd(60_000, "y"))),
      );
      const log = await fleet(namespace);
      expect(log.lines.at(-1)!.text).toStartWith("9");
      expect(log.leftOut).toEqual([
        { clusterId: fixture.cluster, clusterName: "main", pods: 0, lines: 10 - log.lines.length },
      ]);
      expect(log.complete).toBe(false);
    });

    test.each([
      ["no cluster", { clusters: [] }, "CLUSTER_REQUIRED"],
      ["clusters left out", { clusters: undefined }, "CLUSTER_REQUIRED"],
      ["an unknown cluster", { clusters: ["nope"] }, "CLUSTER_NOT_FOUND"],
      ["a tail below one", { tail: 0 }, "TAIL"],
      ["a selector that is none", { labelSelector: "a=(" }, "LABELS"],
      ["a namespace that leaves its path", { namespace: "../x" }, "NAME"],
    ])("%s is refused", async (_, input, code) => {
      expect((await fixture.refusal(fleetLog, { clusters: [fixture.cluster], ...input })).code).toBe(code);
    });

    test("without the permission nothing is read", async () => {
      fixture.rights.give("stranger", allBut("resource.read"));
      expect((await fixture.refusal(fleetLog, { clusters: [fixture.cluster] }, "stranger")).code).toBe("FORBIDDEN");
    });
  });
});
