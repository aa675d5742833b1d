import { mutation, query, router } from "../trpc.ts";
import { createOAuthProvider } from "./create.ts";
import { getOAuthProvider } from "./get.ts";
import { listOAuthProviders } from "./list.ts";
import { removeOAuthProvider } from "./remove.ts";
import { testOAuthProvider } from "./test-provider.ts";
import { updateOAuthProvider } from "./update.ts";

export const oauthRouter = router({
  list: query(listOAuthProviders),
  get: query(getOAuthProvider),
  create: mutation(createOAuthProvider),
  update: mutation(updateOAuthProvider),
  remove: mutation(removeOAuthProvider),
  test: mutation(testOAuthProvider),
});
