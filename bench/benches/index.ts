import type { Bench } from "../lib/bench.ts";
import { fanOut } from "./fan-out.ts";
import { page } from "./page.ts";
import { search } from "./search.ts";
import { start } from "./start.ts";
import { summary } from "./summary.ts";
import { writes } from "./writes.ts";

/** Every bench, in the order in which they run. */
export const BENCHES: readonly Bench[] = [writes, page, summary, search, fanOut, start];
