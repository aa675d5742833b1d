import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type Answer,
  type Authority,
  createAuthority,
  createObject,
  type KubeObject,
  KubeRequestError,
  kubeRequest,
  type RecordingServer,
  requirement,
  startRecordingServer,
} from "@flux-orchestrator/testing";
import { useCluster } from "../../test/cluster-fixture.ts";
import { kustomization } from "../../test/manifests.ts";
import { suspendResource } from "./suspend.ts";

const MARK = "q7mark5z";

/**
 * An API server that answers reads truly and patches as a test says: what an action says, and what the audit log keeps of
 * it, when the cluster refuses, breaks off or stays silent.
 */
describe.skipIf(!(await requirement("kube-apiserver")))("an action the cluster does not simply take", () => {
  const fixture = useCluster();
  let authority: Authority;
  let between: RecordingServer;
  let cluster = "";
  let onPatch: Answer = () => {};

  const forward: Answer = async ({ method, path, body }, reply) => {
    try {
      const answer = await kubeRequest(fixture.apiserver, method, path, body === "" ? undefined : body);
      reply.send(200, answer);
    } catch (error) {
      reply.send(error instanceof KubeRequestError ? error.status : 502, { kind: "Status", status: "Failure" });
    }
  };
  const refuseWith =
    (status: number, reason: string, headers: Record<string, string> = {}): Answer =>
    (_request, reply) =>
      reply.send(status, { kind: "Status", status: "Failure", reason, message: MARK, code: status }, headers);

  beforeAll(async () => {
    authority = createAuthority();
    between = await startRecordingServer({
      identity: authority.issue({ commonName: "between", names: ["127.0.0.1"] }),
      answer: (request, reply) => {
        if (request.path.includes("watch=")) return reply.open();
        return request.method === "PATCH" ? onPatch(request, reply) : forward(request, reply);
      },
    });
    const kubeconfig = fixture.apiserver.kubeconfig({
      cluster: { server: between.url, "certificate-authority-data": Buffer.from(authority.cert).toString("base64") },
      user: { token: "any" },
    });
    cluster = await fixture.register("between", kubeconfig);
  });
  afterAll(() => between?.stop());

  const suspend = async (answer: Answer) => {
    const object = await createObject(
      fixture.apiserver,
      kustomization({ namespace: await fixture.namespace(), name: "app" }),
    );
    onPatch = answer;
    const refusal = await fixture.refusal(suspendResource, { ...fixture.ref(object), cluster });
    const [recorded] = (await fixture.recorded()).slice(-1);
    expect(JSON.stringify([refusal, recorded])).not.toContain(MARK);
    return { refusal, outcome: recorded?.outcome, object };
  };
  const suspended = async (object: KubeObject) => (await fixture.live(object)).spec.suspend === true;

  test("what it refuses is told by its code, without its own words, and failed for certain", async () => {
    const refusals: [answer: Answer, code: string][] = [
      [refuseWith(403, "Forbidden"), "CLUSTER_FORBIDDEN"],
      [refuseWith(404, "NotFound"), "OBJECT_NOT_FOUND"],
      [refuseWith(409, "Conflict"), "CONFLICT"],
      [refuseWith(422, "Invalid"), "CLUSTER_REJECTED"],
      [refuseWith(429, "TooManyRequests", { "retry-after": "7" }), "CLUSTER_THROTTLED"],
    ];
    for (const [answer, code] of refusals) {
      const { refusal, outcome, object } = await suspend(answer);
      expect([refusal.code, outcome]).toEqual([code, "failed"]);
      expect(await suspended(object)).toBe(false);
    }
  });

  test("when it breaks off after it was asked, nobody knows: the outcome is unknown", async () => {
    const { refusal, outcome, object } = await suspend(async (request, reply) => {
      await kubeRequest(fixture.apiserver, "PATCH", request.path, request.body);
      reply.socket.destroy();
    });
    expect([refusal.code, outcome]).toEqual(["CLUSTER_UNREACHABLE", "unknown"]);
    expect(await suspended(object)).toBe(true);
  });

  test("an error of its own after it was asked is as uncertain", async () => {
    const { refusal, outcome } = await suspend(refuseWith(500, "InternalError"));
    expect([refusal.code, outcome]).toEqual(["CLUSTER_ERROR", "unknown"]);
  });

  test("when it stays silent, the wait ends and the outcome is unknown", async () => {
    const since = performance.now();
    const { refusal, outcome } = await suspend(() => {});
    expect([refusal.code, outcome]).toEqual(["CLUSTER_TIMEOUT", "unknown"]);
    expect(performance.now() - since).toBeLessThan(45_000);
  });
});
