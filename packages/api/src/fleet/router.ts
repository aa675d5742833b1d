import { query, router } from "../trpc.ts";
import { fleetSummary } from "./summary.ts";

export const fleetRouter = router({ summary: query(fleetSummary) });
