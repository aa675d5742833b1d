import {
  createOAuthProvider,
  getOAuthProvider,
  listOAuthProviders,
  removeOAuthProvider,
  testOAuthProvider,
  updateOAuthProvider,
} from "@flux-orchestrator/api";
import type { OAuthProvider } from "@flux-orchestrator/contract";
import { get, post, put, remove, type V1Call } from "./route.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";
import { toV1OAuthProvider } from "./shapes/oauth-provider.ts";

const provider = ({ params }: V1Call) => ({ id: params["id"] ?? "" });

export const oauthRoutes = [
  get("/oauth/providers", listOAuthProviders, { respond: (providers) => providers.map(toV1OAuthProvider) }),
  post("/oauth/providers", createOAuthProvider, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        name: body.text("name") ?? "",
        // Whether it is one of them is for the operation to say.
        provider: (body.text("provider") ?? "") as OAuthProvider["provider"],
        clientId: body.text("client_id") ?? "",
        clientSecret: body.text("client_secret") ?? "",
        redirectUrl: body.text("redirect_url") ?? "",
        tenantId: body.text("tenant_id"),
        scopes: body.text("scopes"),
        allowedUsers: body.text("allowed_users"),
        enabled: body.flag("enabled"),
      });
    },
    status: 201,
    respond: toV1OAuthProvider,
  }),
  get("/oauth/providers/:id", getOAuthProvider, { input: provider, respond: toV1OAuthProvider }),
  put("/oauth/providers/:id", updateOAuthProvider, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        ...provider(call),
        name: body.textOrEmpty("name"),
        clientId: body.textOrEmpty("client_id"),
        // The form sends an empty one when nobody typed one.
        clientSecret: body.text("client_secret"),
        tenantId: body.textOrEmpty("tenant_id"),
        redirectUrl: body.textOrEmpty("redirect_url"),
        scopes: body.textOrEmpty("scopes"),
        allowedUsers: body.textOrEmpty("allowed_users"),
        enabled: body.flag("enabled"),
      });
    },
    respond: () => ({ message: "OAuth provider updated" }),
  }),
  remove("/oauth/providers/:id", removeOAuthProvider, {
    input: provider,
    respond: () => ({ message: "OAuth provider deleted" }),
  }),
  post("/oauth/providers/:id/test", testOAuthProvider, { input: provider, respond: (verdict) => verdict }),
];
