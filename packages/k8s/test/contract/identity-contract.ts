import { describe, expect, test } from "bun:test";
import { mayDo, reviewRights, whoAmI } from "../../src/access.ts";
import { testConnection } from "../../src/connection-test/test-connection.ts";
import { LOCAL_EGRESS } from "../../src/egress.ts";
import { FluxClient } from "../../src/flux-client.ts";
import { failureOf } from "../failure-of.ts";
import { kustomization } from "./contract-server.ts";
import type { ContractWorld } from "./contract-suite.ts";

export function identityContract(world: ContractWorld): void {
  describe("who asks", () => {
    test("is told who they are", async () => {
      expect(await whoAmI(world.transport("admin"))).toBe("admin");
      expect(await whoAmI(world.transport("powerless"))).toBe("powerless");
    });

    test("is told what they may do, for each kind of right", async () => {
      const kustomizations = { group: "kustomize.toolkit.fluxcd.io", resource: "kustomizations", verb: "patch" };
      expect(await mayDo(world.transport("admin"), kustomizations)).toBe(true);
      expect(await mayDo(world.transport("powerless"), kustomizations)).toBe(false);
      const served = [world.served("Kustomization"), world.served("GitRepository")];
      const allowed = async (identity: "admin" | "powerless") =>
        (await reviewRights(world.transport(identity), served)).map((right) => right.allowed);
      expect(await allowed("admin")).toEqual(["yes", "yes", "yes"]);
      expect(await allowed("powerless")).toEqual(["no", "no", "no"]);
    });

    test("without rights is forbidden to list, read, patch and watch", async () => {
      const namespace = await world.server.createNamespace();
      await world.server.create(kustomization(namespace, "a"));
      const transport = world.transport("powerless");
      const [client, served, at] = [new FluxClient(transport), world.served("Kustomization"), { namespace, name: "a" }];
      const refused = [
        client.pages(served).next(),
        client.get(served, at),
        client.patch(served, at, { spec: { suspend: true } }),
      ];
      for (const error of await Promise.all(refused.map(failureOf)))
        expect(error).toMatchObject({ code: "CLUSTER_FORBIDDEN", status: 403, reason: "Forbidden" });
      const response = await transport.stream(`/apis/${served.group}/${served.version}/${served.plural}?watch=1`);
      expect(response.status).toBe(403);
    });

    test("without an identity it knows is refused", async () => {
      const transport = world.transport("stranger");
      expect(await failureOf(whoAmI(transport))).toMatchObject({ code: "CLUSTER_AUTH", status: 401 });
      expect((await failureOf(new FluxClient(transport).pages(world.served("Kustomization")).next())).code).toBe(
        "CLUSTER_AUTH",
      );
    });

    test.each([
      ["admin", ["ok", "ok", "ok", "ok", "ok", "ok", "ok"]],
      ["powerless", ["ok", "ok", "ok", "ok", "ok", "ok", "warn"]],
      ["stranger", ["ok", "ok", "ok", "fail", "skipped", "skipped", "skipped"]],
    ] as const)("learns as %s from a connection test how far it gets", async (identity, outcomes) => {
      const steps = await Array.fromAsync(testConnection(world.server.target(identity), { egress: LOCAL_EGRESS }));
      expect(steps.map(({ outcome }) => outcome)).toEqual([...outcomes]);
    });
  });
}
