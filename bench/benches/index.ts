import type { Bench } from "../lib/bench.ts";
import { action } from "./action.ts";
import { bulkhead } from "./bulkhead.ts";
import { changeToScreen } from "./change-to-screen.ts";
import { fanOut } from "./fan-out.ts";
import { page } from "./page.ts";
import { rest } from "./rest.ts";
import { search } from "./search.ts";
import { start } from "./start.ts";
import { steady } from "./steady.ts";
import { summary } from "./summary.ts";
import { sync } from "./sync.ts";
import { writes } from "./writes.ts";

/** Every bench, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  sync,
  changeToScreen,
  steady,
  writes,
  page,
  summary,
  search,
  rest,
  fanOut,
  start,
  bulkhead,
  action,
];
