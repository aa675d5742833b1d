import { LocalKubeconfig } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { describeContexts } from "./describe.ts";

/** The contexts of the user's own kubeconfig, where there is one to read; elsewhere not available, and why. */
export const localContexts = operation({
  name: "kubeconfig.local",
  permission: "cluster.create",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: LocalKubeconfig,
  async run(ctx) {
    const none = { contexts: [], currentContext: null, available: false, paths: [] };
    if (ctx.mode !== "local") return { ...none, reason: "Only a server on your own computer reads its kubeconfig." };
    const port = ctx.localKubeconfig();
    const { kubeconfig, reason, paths } = await port.read();
    if (kubeconfig === null) return { ...none, paths: [...paths], reason: reason ?? "There is no kubeconfig." };
    return {
      ...(await describeContexts(ctx.sql, kubeconfig, (hash) => port.isApproved(hash))),
      available: true,
      reason,
      paths: [...paths],
    };
  },
});
