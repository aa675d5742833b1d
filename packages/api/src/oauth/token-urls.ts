import type { OAuthProvider } from "@flux-orchestrator/contract";

/** Where a provider gives tokens, by its kind. */
export type TokenUrls = Record<OAuthProvider["provider"], (provider: { tenantId: string }) => string>;

export const TOKEN_URLS: TokenUrls = {
  github: () => "https://github.com/login/oauth/access_token",
  entra: ({ tenantId }) => `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
};
