import { mutation, query, router } from "../trpc.ts";
import { createToken } from "./create.ts";
import { listTokens } from "./list.ts";
import { revokeToken } from "./revoke.ts";

export const tokenRouter = router({
  list: query(listTokens),
  create: mutation(createToken),
  revoke: mutation(revokeToken),
});
