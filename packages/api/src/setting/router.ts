import { mutation, query, router } from "../trpc.ts";
import { listSettings } from "./list.ts";
import { updateSetting } from "./update.ts";

export const settingRouter = router({ list: query(listSettings), update: mutation(updateSetting) });
