import { describe, expect, test } from "bun:test";
import { until } from "@flux-orchestrator/testing";
import { pathOf } from "../../src/discovery.ts";
import { type AnyObject, kustomization } from "./contract-server.ts";
import { CONTRACT_TIMEOUT_MS, type ContractWorld } from "./contract-suite.ts";

// biome-ignore lint/suspicious/noExplicitAny: each test looks at the part of an answer that it is about.
type Answer = Record<string, any>;

interface WatchLine {
  type: string;
  object: Answer;
}

/** What goes over the wire, where a stand-in could be wrong without anybody noticing. */
export function wireContract(world: ContractWorld): void {
  const collection = (namespace: string) => pathOf(world.served("Kustomization"), { namespace });
  const ask = async (method: "GET" | "PATCH" | "POST" | "DELETE", path: string, body?: unknown, type?: string) => {
    const response = await world.transport().stream(path, {
      method,
      headers: { "content-type": type ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json") },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: 30_000,
    });
    const text = await response.text();
    return { status: response.status, body: (text.startsWith("{") ? JSON.parse(text) : { text }) as Answer };
  };
  const list = async (namespace: string, query = "") => (await ask("GET", `${collection(namespace)}?${query}`)).body;
  const names = ({ items }: Answer): string[] => items.map(({ metadata }: Answer) => metadata.name);
  const filled = async (...all: AnyObject["metadata"][]) => {
    const namespace = await world.server.createNamespace();
    for (const metadata of all)
      await world.server.create({ ...kustomization(namespace, metadata.name), metadata: { ...metadata, namespace } });
    return namespace;
  };
  /** The lines of a watch, as they come. */
  const follow = (path: string) => {
    const stop = new AbortController();
    const lines: WatchLine[] = [];
    const state = { status: 0, ended: false };
    const over = (async () => {
      const response = await world.transport().stream(path, { signal: stop.signal });
      state.status = response.status;
      let rest = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        const texts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = texts.pop() ?? "";
        lines.push(...texts.map((text) => JSON.parse(text) as WatchLine));
      }
      state.ended = true;
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    const end = () => {
      stop.abort();
      return over;
    };
    const told = () => lines.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());
    return { lines, state, told, over, end, [Symbol.asyncDispose]: end };
  };

  describe("on the wire, a list", () => {
    test("is selected by labels and fields, and then nobody counts the rest", async () => {
      const namespace = await filled(
        { name: "a", labels: { team: "x" } },
        { name: "b", labels: { team: "y" } },
        { name: "c" },
        { name: "d", labels: { team: "x" } },
      );
      const selected = async (selector: string) => names(await list(namespace, selector));
      expect(await selected("labelSelector=team%3Dx")).toEqual(["a", "d"]);
      expect(await selected("labelSelector=team!%3Dx")).toEqual(["b", "c"]);
      expect(await selected("labelSelector=team")).toEqual(["a", "b", "d"]);
      expect(await selected("labelSelector=!team")).toEqual(["c"]);
      expect(await selected("labelSelector=team%20in%20(x,z),team")).toEqual(["a", "d"]);
      expect(await selected("labelSelector=team%20notin%20(x)")).toEqual(["b", "c"]);
      expect(await selected("fieldSelector=metadata.name%3Db")).toEqual(["b"]);
      expect((await list(namespace, "fieldSelector=spec.path%3Dx")).code).toBe(400);
      expect((await list(namespace, "limit=1")).metadata.remainingItemCount).toBe(3);
      const page = await list(namespace, "limit=1&labelSelector=team%3Dx");
      expect(page.metadata.remainingItemCount).toBeUndefined();
      expect(names(await list(namespace, `limit=9&labelSelector=team%3Dx&continue=${page.metadata.continue}`))).toEqual(
        ["d"],
      );
    });

    test("takes no version that is none or not yet, and from its cache comes whole", async () => {
      const namespace = await filled({ name: "a" }, { name: "b" }, { name: "c" });
      expect((await list(namespace, "resourceVersion=abc")).code).toBe(400);
      expect(await list(namespace, "resourceVersion=99999999999")).toMatchObject({
        code: 504,
        reason: "Timeout",
        details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 },
      });
      expect(names(await list(namespace, "resourceVersion=0&limit=2"))).toEqual(["a", "b", "c"]);
      const { metadata } = await list(namespace, "limit=2");
      expect((await list(namespace, "limit=2&continue=garbage")).code).toBe(400);
      expect((await list(namespace, `limit=2&resourceVersion=1&continue=${metadata.continue}`)).code).toBe(400);
    });

    test("goes on as it was at its version, whatever happens between two pages", async () => {
      const namespace = await filled({ name: "a" }, { name: "b" }, { name: "c" });
      const { metadata } = await list(namespace, "limit=1");
      await world.server.change(kustomization(namespace, "b"), { spec: { suspend: true } });
      await world.server.remove(kustomization(namespace, "c"));
      await world.server.create(kustomization(namespace, "d"));
      const rest = await list(namespace, `limit=5&continue=${metadata.continue}`);
      expect(names(rest)).toEqual(["b", "c"]);
      expect(rest.items[0].spec.suspend).toBeUndefined();
      expect(rest.metadata.resourceVersion).toBe(metadata.resourceVersion!);
    });

    test(
      "and a watch, whose version is gone, each say so in their own way, and the list how it can go on",
      async () => {
        const namespace = await filled({ name: "a" }, { name: "b" }, { name: "c" });
        const { metadata } = await list(namespace, "limit=2");
        await world.server.compact();
        const gone = await until("its storage is ready", async () => {
          const answer = await ask("GET", `${collection(namespace)}?limit=2&continue=${metadata.continue}`);
          return answer.status !== 429 && answer;
        });
        expect(gone).toMatchObject({ status: 410, body: { kind: "Status", reason: "Expired", code: 410 } });
        const inconsistent = await list(namespace, `limit=2&continue=${gone.body.metadata.continue}`);
        expect(names(inconsistent)).toEqual(["c"]);

        const watching = await until("its watches are ready", async () => {
          const one = follow(`${collection(namespace)}?watch=1&resourceVersion=1`);
          await one.over;
          return one.state.status !== 429 && one;
        });
        expect(watching.state.status).toBe(200);
        expect(watching.lines).toMatchObject([
          { type: "ERROR", object: { kind: "Status", reason: "Expired", code: 410 } },
        ]);
      },
      CONTRACT_TIMEOUT_MS,
    );
  });

  describe("on the wire, a watch", () => {
    test("from no version, or from 0, begins with what is there", async () => {
      const namespace = await filled({ name: "a" }, { name: "b" });
      for (const version of ["", "&resourceVersion=0"]) {
        await using watching = follow(`${collection(namespace)}?watch=1${version}`);
        await until("it has begun", () => watching.lines.length === 2);
        expect(watching.told()).toEqual(["ADDED a", "ADDED b"]);
      }
    });

    test("that asks for a list first is told where the list ends", async () => {
      const namespace = await filled({ name: "a" });
      const query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true";
      await using watching = follow(`${collection(namespace)}?${query}&resourceVersionMatch=NotOlderThan`);
      await until("the list has ended", () => watching.lines.length >= 2);
      expect(watching.lines[1]).toMatchObject({
        type: "BOOKMARK",
        object: { kind: "Kustomization", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
      });
      expect((await ask("GET", `${collection(namespace)}?${query}`)).status).toBe(422);
    });

    test("of a part is told what comes into it and what leaves it", async () => {
      const namespace = await filled({ name: "in", labels: { team: "x" } }, { name: "out" });
      const { metadata } = await list(namespace);
      await using watching = follow(
        `${collection(namespace)}?watch=1&labelSelector=team%3Dx&resourceVersion=${metadata.resourceVersion}`,
      );
      await until("it is open", () => watching.state.status === 200);
      const change = (name: string, team: string | null) =>
        world.server.change(kustomization(namespace, name), { metadata: { labels: { team } } });
      await change("in", null);
      await change("out", "y");
      await change("out", "x");
      await world.server.change(kustomization(namespace, "out"), { spec: { suspend: true } });
      await until("everything is told", () => watching.lines.length === 3);
      expect(watching.told()).toEqual(["DELETED in", "ADDED out", "MODIFIED out"]);
    });

    test("ends in good order after the time it asked for, and waits for a version that is not yet", async () => {
      const namespace = await filled({ name: "a" });
      await using timed = follow(`${collection(namespace)}?watch=1&resourceVersion=0&timeoutSeconds=1`);
      await timed.over;
      expect(timed.state).toEqual({ status: 200, ended: true });
      await using early = follow(`${collection(namespace)}?watch=1&resourceVersion=99999999999&timeoutSeconds=1`);
      await early.over;
      expect([early.state.status, early.lines]).toEqual([200, []]);
      expect((await ask("GET", `${collection(namespace)}?watch=1&resourceVersion=abc`)).status).toBe(500);
    });

    test("tells of a deletion in two steps when a finalizer holds the object, each with a version of its own", async () => {
      const namespace = await filled({ name: "held", finalizers: ["example.com/held"] }, { name: "free" });
      const { metadata } = await list(namespace);
      await using watching = follow(`${collection(namespace)}?watch=1&resourceVersion=${metadata.resourceVersion}`);
      const held = await ask("DELETE", `${collection(namespace)}/held`);
      expect(held).toMatchObject({ status: 200, body: { kind: "Kustomization", metadata: { generation: 2 } } });
      expect(await ask("DELETE", `${collection(namespace)}/free`)).toMatchObject({
        status: 200,
        body: { status: "Success" },
      });
      await world.server.change(kustomization(namespace, "held"), { metadata: { finalizers: null } });
      await until("everything is told", () => watching.lines.length >= 3);
      expect(watching.told().at(0)).toBe("MODIFIED held");
      expect(watching.told().at(-1)).toBe("DELETED held");
      expect(watching.told()).toContain("DELETED free");
      const versions = watching.lines.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(new Set([Number(metadata.resourceVersion), ...versions]).size).toBe(versions.length + 1);
      expect((await ask("GET", `${collection(namespace)}/held`)).status).toBe(404);
    });
  });

  describe("on the wire, a merge patch", () => {
    const owners = (object: Answer) =>
      Object.fromEntries(
        object.metadata.managedFields.map((entry: { manager: string; fieldsV1: object }) => [
          entry.manager,
          entry.fieldsV1,
        ]),
      );
    const patcher =
      (namespace: string) =>
      (manager: string, patch: object, place: "a" | "a/status" = "a") =>
        ask("PATCH", `${collection(namespace)}/${place}?fieldManager=${manager}`, patch);

    test("takes away what is null, merges objects, replaces lists, and hands fields over to whoever changes them", async () => {
      const patch = patcher(await filled({ name: "a" }));
      const one = await patch("one", { spec: { suspend: true }, metadata: { annotations: { x: "1", y: "2" } } });
      expect(owners(one.body)["one"]).toEqual({
        "f:metadata": { "f:annotations": { ".": {}, "f:x": {}, "f:y": {} } },
        "f:spec": { "f:suspend": {} },
      });
      const two = await patch("two", {
        spec: { suspend: true, interval: "2h" },
        metadata: { annotations: { x: "9", z: null } },
      });
      expect(two.body.metadata).toMatchObject({ annotations: { x: "9", y: "2" }, generation: 3 });
      expect(owners(two.body)).toMatchObject({
        one: { "f:metadata": { "f:annotations": { ".": {}, "f:y": {} } }, "f:spec": { "f:suspend": {} } },
        two: { "f:metadata": { "f:annotations": { "f:x": {} } }, "f:spec": { "f:interval": {} } },
      });
      const three = await patch("two", {
        spec: { suspend: null, postBuild: { substitute: { a: "1", b: null } }, dependsOn: [{ name: "q" }] },
        metadata: { annotations: null },
      });
      expect(three.body.spec.postBuild).toEqual({ substitute: { a: "1" } });
      expect(three.body.spec.suspend).toBeUndefined();
      expect(three.body.metadata.annotations).toBeUndefined();
      expect(owners(three.body)["one"]).toBeUndefined();
      expect(owners(three.body)["two"]).toEqual({
        "f:spec": {
          "f:dependsOn": {},
          "f:interval": {},
          "f:postBuild": { ".": {}, "f:substitute": { ".": {}, "f:a": {} } },
        },
      });
      const four = await patch("four", { spec: { postBuild: { substitute: { c: "x" } }, dependsOn: [{ name: "r" }] } });
      expect(four.body.spec).toMatchObject({
        postBuild: { substitute: { a: "1", c: "x" } },
        dependsOn: [{ name: "r" }],
      });
      expect(owners(four.body)["four"]).toEqual({
        "f:spec": { "f:dependsOn": {}, "f:postBuild": { "f:substitute": { "f:c": {} } } },
      });
    });

    test("that changes nothing is no change: no version, no event, no owner", async () => {
      const namespace = await filled({ name: "a" });
      const patch = patcher(namespace);
      const before = await patch("one", { spec: { suspend: true } });
      const { metadata } = await list(namespace);
      await using watching = follow(`${collection(namespace)}?watch=1&resourceVersion=${metadata.resourceVersion}`);
      expect((await patch("two", { spec: { suspend: true } })).body).toEqual(before.body);
      await patch("three", { spec: { suspend: false } });
      await until("the change is told", () => watching.lines.length > 0);
      expect(watching.lines.map(({ object }) => object.spec.suspend)).toEqual([false]);
    });

    test("of an object leaves its status alone, and the other way round", async () => {
      const patch = patcher(await filled({ name: "a" }));
      const status = { observedGeneration: 7 };
      expect((await patch("one", { status })).body.status).toEqual({ observedGeneration: -1 });
      const written = await patch("controller", { status, spec: { path: "./no" } }, "a/status");
      expect(written.body).toMatchObject({ status, spec: { path: "./" }, metadata: { generation: 1 } });
      const own = written.body.metadata.managedFields.find(
        ({ manager }: { manager: string }) => manager === "controller",
      );
      expect(own).toMatchObject({ subresource: "status", fieldsV1: { "f:status": { "f:observedGeneration": {} } } });
    });

    test("is refused when it names another object, another identity, a wrong value or another form", async () => {
      const namespace = await filled({ name: "a" });
      const patch = patcher(namespace);
      const refusal = async (body: object) => {
        const { status, body: told } = await patch("one", body);
        return [status, told.reason];
      };
      expect(await refusal({ metadata: { name: "b" } })).toEqual([400, "BadRequest"]);
      expect(await refusal({ metadata: { uid: "another" } })).toEqual([422, "Invalid"]);
      expect(await refusal({ metadata: { resourceVersion: "1" } })).toEqual([409, "Conflict"]);
      expect(await refusal({ spec: { interval: null } })).toEqual([422, "Invalid"]);
      expect(await refusal({ spec: { suspend: "yes" } })).toEqual([422, "Invalid"]);
      expect((await ask("PATCH", `${collection(namespace)}/a`, {}, "application/json")).status).toBe(415);
      const { metadata } = (await ask("GET", `${collection(namespace)}/a`)).body;
      expect(
        (await patch("one", { metadata: { resourceVersion: metadata.resourceVersion }, spec: { suspend: true } }))
          .status,
      ).toBe(200);
    });

    test("is not how an object comes to be: that names its own namespace, which is there", async () => {
      const namespace = await filled({ name: "a" });
      const create = async (into: string, object: AnyObject) => (await ask("POST", collection(into), object)).body;
      expect(await create(namespace, kustomization(namespace, "a"))).toMatchObject({
        code: 409,
        reason: "AlreadyExists",
      });
      expect(await create("absent", kustomization("absent", "a"))).toMatchObject({
        code: 404,
        details: { kind: "namespaces" },
      });
      expect((await create(namespace, kustomization("absent", "b"))).code).toBe(400);
      expect((await ask("GET", `${collection(namespace)}s`)).body.text).toBe("404 page not found\n");
    });
  });

  describe("on the wire, Events", () => {
    test("are selected by who tells them and of what they tell, in lists and in watches", async () => {
      const namespace = await world.server.createNamespace();
      const path = `/api/v1/namespaces/${namespace}/events`;
      const event = (name: string, component: string, about: string): AnyObject => ({
        ...{ apiVersion: "v1", kind: "Event", metadata: { namespace, name } },
        involvedObject: { kind: "Kustomization", namespace, name: about },
        ...{ reason: `About-${about}`, message: "m", type: about === "a" ? "Normal" : "Warning" },
        ...{ source: { component }, reportingComponent: component },
      });
      await world.server.create(event("one", "kustomize-controller", "a"));
      await world.server.create(event("two", "helm-controller", "b"));
      const selected = async (selector: string) => {
        const { body } = await ask("GET", `${path}?fieldSelector=${encodeURIComponent(selector)}`);
        return body.code ?? names(body);
      };
      expect(await selected("source=kustomize-controller")).toEqual(["one"]);
      expect(await selected("involvedObject.name=b,type=Warning")).toEqual(["two"]);
      expect(await selected("reason=About-a")).toEqual(["one"]);
      expect(await selected("reportingComponent=helm-controller")).toEqual(["two"]);
      expect(await selected("involvedObject.kind=Kustomization,source!=helm-controller")).toEqual(["one"]);
      expect(await selected("nonsense=1")).toBe(400);
      const { metadata } = (await ask("GET", path)).body;
      await using watching = follow(
        `${path}?watch=1&fieldSelector=source%3Dhelm-controller&resourceVersion=${metadata.resourceVersion}`,
      );
      await world.server.create(event("three", "kustomize-controller", "a"));
      await world.server.create(event("four", "helm-controller", "b"));
      await world.server.change(event("four", "helm-controller", "b"), { count: 5 });
      await world.server.remove(event("four", "helm-controller", "b"));
      await until("everything is told", () => watching.lines.length === 3);
      expect(watching.told()).toEqual(["ADDED four", "MODIFIED four", "DELETED four"]);
    });
  });
}
