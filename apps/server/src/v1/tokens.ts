import { createToken, listTokens, revokeToken } from "@flux-orchestrator/api";
import { get, type InputOf, post, remove, type V1Route } from "./route.ts";
import { absentOnesLeftOut } from "./shapes/left-out.ts";
import { toV1Token } from "./shapes/token.ts";

const create: V1Route = {
  ...post("/tokens", createToken, {
    async input(call) {
      const body = await call.body();
      return absentOnesLeftOut({
        name: body.text("name") ?? "",
        // Whatever it is: the operation says what it has to be.
        kind: body.text("kind") as InputOf<typeof createToken>["kind"],
        permissions: body.texts("permissions"),
        expiresInDays: body.wholeNumber("expires_in_days"),
      });
    },
    status: 201,
    respond: ({ token, ...made }) => ({ ...toV1Token(made), token }),
  }),
  shownOnce: true,
};

export const tokenRoutes = [
  get("/tokens", listTokens, {
    input: ({ query }) => ({ prefix: query.get("prefix") ?? "", ended: query.get("ended") === "true" }),
    respond: (tokens) => tokens.map(toV1Token),
  }),
  create,
  remove("/tokens/:id", revokeToken, { input: ({ params }) => ({ id: params["id"] ?? "" }), respond: toV1Token }),
];
