import { cpus, totalmem } from "node:os";
import type { Conditions } from "./bench.ts";
import type { BenchPostgres } from "./postgres.ts";

/** What every figure depends on: the machine, the runtime and the database. */
export function machineConditions({ version, lz4 }: Pick<BenchPostgres, "version" | "lz4">): Conditions {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    bun: Bun.version,
    postgres: version,
    lz4,
  };
}
