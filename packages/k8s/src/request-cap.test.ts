import { expect, test } from "bun:test";
import { withEnvironment } from "../test/with-environment.ts";
import { assertRequestCap } from "./request-cap.ts";

test.each(["256", "4095", "65536", "many", ""])("a cap of %p is refused, with what to set", async (cap) => {
  await withEnvironment({ BUN_CONFIG_MAX_HTTP_REQUESTS: cap }, async () => {
    expect(() => assertRequestCap()).toThrow("set BUN_CONFIG_MAX_HTTP_REQUESTS to 4096…65535");
  });
});

test.each(["4096", "65535"])("a cap of %p will do", async (cap) => {
  await withEnvironment({ BUN_CONFIG_MAX_HTTP_REQUESTS: cap }, async () => {
    expect(() => assertRequestCap()).not.toThrow();
  });
});
