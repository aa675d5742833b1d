import { router, subscription } from "../trpc.ts";
import { watch } from "./watch.ts";

export const liveRouter = router({
  /** Each event's id is an opaque cursor: a client that reconnects resumes where it stopped. */
  watch: subscription(watch),
});
