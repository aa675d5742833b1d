import type { ResourceDetail } from "@flux-orchestrator/contract";

/** The object that is open, on its page or in the peek: what the palette's actions are about. */
class ShownObject {
  detail = $state.raw<ResourceDetail | null>(null);
}
export const shownObject = new ShownObject();
