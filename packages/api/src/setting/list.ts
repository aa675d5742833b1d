import { KNOWN_SETTINGS, Setting } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";

/** Every setting: what was saved, and the defaults of those that never were. */
export const listSettings = operation({
  name: "setting.list",
  permission: "setting.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: z.array(Setting),
  async run(ctx) {
    const rows = await ctx.sql<{ key: string; value: string; updated_at: Date }[]>`
      select setting_key as key, value, updated_at from settings order by setting_key`;
    const saved = rows.map(({ key, value, updated_at }) => ({ key, value, updatedAt: updated_at.toISOString() }));
    const defaults = Object.entries(KNOWN_SETTINGS)
      .filter(([key]) => !saved.some((setting) => setting.key === key))
      .map(([key, value]) => ({ key, value: String(value), updatedAt: null }));
    return [...saved, ...defaults];
  },
});
