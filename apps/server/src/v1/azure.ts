import {
  createAzureSubscription,
  discoverAzureClusters,
  getAzureSubscription,
  listAzureSubscriptions,
  removeAzureSubscription,
  syncAzureSubscription,
  testAzureSubscription,
} from "@flux-orchestrator/api";
import { get, post, remove, type V1Call } from "./route.ts";
import { toV1AzureSubscription } from "./shapes/azure-subscription.ts";

const subscription = ({ params }: V1Call) => ({ id: params["id"] ?? "" });
const asIs = <T>(answer: T): T => answer;

export const azureRoutes = [
  get("/azure/subscriptions", listAzureSubscriptions, { respond: (all) => all.map(toV1AzureSubscription) }),
  post("/azure/subscriptions", createAzureSubscription, {
    async input(call) {
      const body = await call.body();
      // The original's own page sends what belongs to Azure one level down.
      const credentials = body.object("credentials") ?? body;
      return {
        name: body.text("name") ?? "",
        subscriptionId: credentials.text("subscription_id") ?? "",
        tenantId: credentials.text("tenant_id") ?? "",
        clientId: credentials.text("client_id") ?? "",
        clientSecret: credentials.text("client_secret") ?? "",
      };
    },
    status: 201,
    respond: toV1AzureSubscription,
  }),
  get("/azure/subscriptions/:id", getAzureSubscription, { input: subscription, respond: toV1AzureSubscription }),
  remove("/azure/subscriptions/:id", removeAzureSubscription, { input: subscription, respond: asIs }),
  post("/azure/subscriptions/:id/test", testAzureSubscription, { input: subscription, respond: asIs }),
  get("/azure/subscriptions/:id/clusters", discoverAzureClusters, { input: subscription, respond: asIs }),
  post("/azure/subscriptions/:id/sync", syncAzureSubscription, { input: subscription, respond: asIs }),
];
