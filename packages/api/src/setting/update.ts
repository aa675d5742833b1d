import { DomainError, KNOWN_SETTINGS, Setting, UpdateSettingInput } from "@flux-orchestrator/contract";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";

/** Whole numbers from 1 up to what a 32-bit timer holds. */
const WHOLE_NUMBER = /^[1-9]\d{0,5}$/;

/**
 * Saves a setting; it acts at once, without a restart. Keys that are not known here are kept as sent.
 * @throws DomainError SETTING when a known key is given anything but a whole number from 1
 */
export const updateSetting = operation({
  name: "setting.update",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "database",
  audit: {
    action: "update",
    subject: ({ key }) => ({
      resourceType: "setting",
      resourceId: key,
      resourceName: key,
      clusterId: "",
      clusterName: "",
    }),
  },
  input: UpdateSettingInput,
  output: Setting,
  invalid: { key: "SETTING", value: "SETTING" },
  async run(ctx, { key, value }) {
    if (Object.hasOwn(KNOWN_SETTINGS, key) && !WHOLE_NUMBER.test(value)) {
      throw new DomainError("SETTING", `${key} must be a whole number from 1 to 999999.`, {
        issues: [{ path: "value", message: "must be a whole number from 1 to 999999" }],
      });
    }
    const [row] = await ctx.sql<{ updated_at: Date }[]>`
      insert into settings (setting_key, value, updated_at) values (${key}, ${value}, now())
      on conflict (setting_key) do update set value = excluded.value, updated_at = excluded.updated_at returning updated_at`;
    ctx.note(`Updated setting ${key} to ${value}`);
    return { key, value, updatedAt: row!.updated_at.toISOString() };
  },
  async afterCommit(ctx, setting) {
    if (setting.key === "auto_sync_interval_minutes") await ctx.fleet.intervalChanged();
    return setting;
  },
});
