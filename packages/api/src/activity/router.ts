import { query, router } from "../trpc.ts";
import { listActivities } from "./list.ts";

export const activityRouter = router({ list: query(listActivities) });
