import { DomainError } from "@flux-orchestrator/contract";
import { jsonAnswer } from "./json-answer.ts";
import type { V1Method, V1Route } from "./route.ts";

const route = (method: V1Method, path: `/${string}`, answer: () => Response): V1Route => ({
  method,
  path: `/api/v1/auth${path}`,
  answer: async () => answer(),
});

/** Without login: nobody has a session, and there is nowhere to get one. Before any operation, because none is needed. */
export const authRoutes: readonly V1Route[] = [
  route("GET", "/status", () => jsonAnswer({ enabled: false })),
  route("GET", "/me", () => {
    throw new DomainError("UNAUTHENTICATED", "Nobody is logged in: login is off.", {
      hint: "GET /api/v1/auth/status says whether login is on.",
    });
  }),
  route("POST", "/logout", () => jsonAnswer({ message: "Logged out" })),
  route("GET", "/login", loginIsOff),
  route("GET", "/callback", loginIsOff),
];

function loginIsOff(): never {
  throw new DomainError("NOT_FOUND", "Login is off.", { hint: "Open the dashboard: it asks nobody to log in." });
}
