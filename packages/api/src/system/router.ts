import { query, router } from "../trpc.ts";
import { systemInfo } from "./info.ts";

export const systemRouter = router({ info: query(systemInfo) });
