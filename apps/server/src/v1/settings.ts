import { listSettings, updateSetting } from "@flux-orchestrator/api";
import { get, put } from "./route.ts";
import { toV1Setting } from "./shapes/setting.ts";

export const settingRoutes = [
  get("/settings", listSettings, { respond: (settings) => settings.map(toV1Setting) }),
  put("/settings/:key", updateSetting, {
    async input(call) {
      const body = await call.body();
      return { key: call.params["key"] ?? "", value: body.text("value") ?? "" };
    },
    respond: toV1Setting,
  }),
];
