import {
  AzureSubscription,
  AzureSubscriptionKey,
  CreateAzureSubscriptionInput,
  DomainError,
} from "@flux-orchestrator/contract";
import { z } from "zod";
import type { AuditSubject } from "../audit.ts";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";

/** Every Azure subscription: none, because none can be added yet. */
export const listAzureSubscriptions = operation({
  name: "azure.list",
  permission: "azure.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(AzureSubscription),
  run: async () => [],
});

/** @throws DomainError NOT_BUILT, and the input is checked all the same */
export const createAzureSubscription = operation({
  name: "azure.create",
  permission: "azure.create",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "create", subject: ({ subscriptionId, name }) => subject(subscriptionId, name) },
  input: CreateAzureSubscriptionInput,
  output: AzureSubscription,
  async run() {
    throw new DomainError("NOT_BUILT", "Azure subscriptions cannot be added in this version.", {
      hint: "Register the AKS clusters by their kubeconfig, with the token of a ServiceAccount.",
    });
  },
});

/** One Azure subscription. @throws DomainError NOT_FOUND */
export const getAzureSubscription = operation({
  name: "azure.get",
  permission: "azure.read",
  scope: () => FLEET,
  effect: "read",
  input: AzureSubscriptionKey,
  output: AzureSubscription,
  run: unknownSubscription,
});

/** AKS clusters of a subscription. @throws DomainError NOT_FOUND */
export const discoverAzureClusters = operation({
  name: "azure.discover",
  permission: "azure.read",
  scope: () => FLEET,
  effect: "read",
  input: AzureSubscriptionKey,
  output: z.never(),
  run: unknownSubscription,
});

/** Forgets an Azure subscription. @throws DomainError NOT_FOUND */
export const removeAzureSubscription = operation({
  name: "azure.remove",
  permission: "azure.delete",
  scope: () => FLEET,
  effect: "database",
  audit: { action: "delete", subject: ({ id }) => subject(id, id) },
  input: AzureSubscriptionKey,
  output: z.never(),
  run: unknownSubscription,
});

/** Asks Azure whether it accepts the credential. @throws DomainError NOT_FOUND */
export const testAzureSubscription = operation({
  name: "azure.test",
  permission: "azure.update",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "test", subject: ({ id }) => subject(id, id) },
  input: AzureSubscriptionKey,
  output: z.never(),
  run: unknownSubscription,
});

/** Imports the AKS clusters of a subscription. @throws DomainError NOT_FOUND */
export const syncAzureSubscription = operation({
  name: "azure.sync",
  permission: "azure.update",
  scope: () => FLEET,
  effect: "outside",
  audit: { action: "sync", subject: ({ id }) => subject(id, id) },
  input: AzureSubscriptionKey,
  output: z.never(),
  run: unknownSubscription,
});

async function unknownSubscription(): Promise<never> {
  throw new DomainError("NOT_FOUND", "There is no such Azure subscription.");
}

function subject(resourceId: string, resourceName: string): AuditSubject {
  return { resourceType: "azure_subscription", resourceId, resourceName, clusterId: "", clusterName: "" };
}
