import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLocalKubeconfig, runExecPlugin } from "@flux-orchestrator/k8s/local-exec";
import type { LocalKubeconfigPort } from "../src/local-kubeconfig-port.ts";

/** A user's own kubeconfig in a folder of its own; what is printed on the terminal is kept. */
export interface LocalKubeconfigHome extends LocalKubeconfigPort {
  readonly path: string;
  /** Codes that were printed, latest last. */
  readonly printed: { context: string; hash: string; command: readonly string[]; code: string }[];
  write(text: string): void;
  /** A program that prints this, beside the kubeconfig. @returns its path */
  writeProgram(name: string, prints: string): string;
  remove(): void;
}

/** Really reads the file and really runs its plugins. Approvals are kept in memory, where the server keeps them on disk. */
export function localKubeconfigHome(): LocalKubeconfigHome {
  const folder = mkdtempSync(join(tmpdir(), "fo-kubeconfig-"));
  const path = join(folder, "config");
  const approved = new Set<string>();
  const printed: LocalKubeconfigHome["printed"] = [];
  return {
    path,
    printed,
    read: async () => readLocalKubeconfig([path]),
    isApproved: async (hash) => approved.has(hash),
    async printCode(plugin) {
      printed.push({ ...plugin, code: Math.random().toString(36).slice(2, 8).padEnd(6, "x") });
    },
    async redeem(hash, code) {
      const isRight = printed.findLast((one) => one.hash === hash)?.code === code;
      if (isRight) approved.add(hash);
      return isRight;
    },
    credential: (target) => runExecPlugin(target),
    write: (text) => writeFileSync(path, text, { mode: 0o600 }),
    writeProgram(name, prints) {
      const program = join(folder, name);
      writeFileSync(program, `#!/bin/sh\ncat <<'EOF'\n${prints}\nEOF\n`);
      chmodSync(program, 0o755);
      return program;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
