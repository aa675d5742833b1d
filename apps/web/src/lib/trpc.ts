import type { AppRouter } from "@flux-orchestrator/api/router";
import { createTRPCClient, httpBatchLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";

/** The one client. Queries of one tick travel together; the live stream has a connection of its own. */
export const trpc = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: httpSubscriptionLink({ url: "/trpc" }),
      false: splitLink({
        // A batch answers when its slowest call has: changes and connection tests travel alone.
        condition: (operation) => operation.type === "mutation",
        true: httpLink({ url: "/trpc" }),
        false: httpBatchLink({ url: "/trpc", maxURLLength: 4000, maxItems: 20 }),
      }),
    }),
  ],
});
