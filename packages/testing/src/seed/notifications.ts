import type { Build } from "./built.ts";
import { condition, conditionsWhen } from "./conditions.ts";

export const buildProvider: Build = (object, world) => {
  const kind = world.randomOf(object).pick([
    { type: "slack", channel: `${object.namespace}-alerts`, address: "https://hooks.example.com/slack" },
    { type: "generic", address: "https://hooks.example.com/flux" },
    { type: "msteams", address: "https://hooks.example.com/teams" },
  ]);
  return { spec: { ...kind, secretRef: { name: "webhook-address" } } };
};

export const buildAlert: Build = (object, world) => {
  const provider = world.find(object, ["Provider"], ["Static", "Suspended"]);
  const eventSources = ["Kustomization", "HelmRelease"].map((kind) => ({ kind, name: "*" }));
  return {
    spec: {
      eventSeverity: world.randomOf(object).pick(["info", "error"]),
      eventSources,
      providerRef: { name: provider?.name ?? "slack" },
    },
  };
};

export const buildReceiver: Build = (object, world) => {
  const at = world.ago(world.randomOf(object).whole(10, 60 * 24 * 30));
  const source = world.find(object, ["GitRepository"], ["Ready", "Failed"]);
  const spec = {
    type: "github",
    interval: "10m",
    events: ["ping", "push"],
    secretRef: { name: "webhook-token" },
    resources: [{ kind: "GitRepository", name: source?.name ?? "fleet" }],
  };
  if (object.word === "Failed") {
    const message = `unable to read token from secret '${object.namespace}/webhook-token' error: secrets "webhook-token" not found`;
    const conditions = conditionsWhen.failed({ reason: "TokenNotFound", message, at }, "Reconciliation in progress");
    return { spec, status: { conditions, observedGeneration: -1 } };
  }
  const webhookPath = `/hook/${world.hash(object, "path")}`;
  const ready = condition("Ready", "True", {
    reason: "Succeeded",
    message: `Receiver initialized for path: ${webhookPath}`,
    at,
  });
  return { spec, status: { conditions: [ready], observedGeneration: 1, webhookPath } };
};
