import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../processes/run.ts";
import { clusterToolsFolder, GO_MODULES } from "./cache-folder.ts";

/** The Flux Operator's CRDs are read out of its module and never committed: its licence is the AGPL. */
const OPERATOR = {
  module: "github.com/controlplaneio-fluxcd/flux-operator@v0.58.0",
  sum: "h1:7fbGeGRzp7sEwfg7jjc3a3bJvMYTAgPv+hl5qf9SBxo=",
};
/** Raised by hand when what is made here changes. */
const EDITION = "1";

type Extra = "operator" | "image";
const EXTRAS: Record<Extra, (into: string) => Promise<void>> = { operator: copyOperatorCrds, image: generateImageCrds };

/**
 * Gets the CRDs of kinds for which no controller runs here: those of the Flux Operator and of image automation. A
 * machine that cannot have them does without: seeded clusters then lack these kinds.
 */
export async function ensureExtraCrds(report: (line: string) => void): Promise<void> {
  for (const extra of Object.keys(EXTRAS) as Extra[]) {
    if (existsSync(folderOf(extra)) || Bun.which("go") === null) continue;
    await mkdir(clusterToolsFolder(), { recursive: true });
    const scratch = await mkdtemp(join(clusterToolsFolder(), `.${extra}-`));
    try {
      report(`making the CRDs of ${extra} kinds`);
      await EXTRAS[extra](scratch);
      await rename(scratch, folderOf(extra));
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      // Somebody else's may have come first, which is just as good.
      if (!existsSync(folderOf(extra)))
        report(`without ${extra} kinds: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The folders that `ensureExtraCrds` could fill on this machine. */
export function findExtraCrds(): string[] {
  return (Object.keys(EXTRAS) as Extra[]).map(folderOf).filter((folder) => existsSync(folder));
}

function folderOf(extra: Extra): string {
  return join(clusterToolsFolder(), `crds-${extra}-${EDITION}`);
}

async function copyOperatorCrds(into: string): Promise<void> {
  // Outside of any module: this one is not among what our own go.mod pins, hence the checksum here.
  const found = JSON.parse(await go(["mod", "download", "-json", OPERATOR.module], tmpdir()));
  if (found.Sum !== OPERATOR.sum) throw new Error(`${OPERATOR.module} has checksum ${found.Sum}, not ${OPERATOR.sum}`);
  const bases = join(found.Dir, "config/crd/bases");
  for (const file of await readdir(bases)) await copyFile(join(bases, file), join(into, file));
}

/** Only the API modules of the image controllers are served, and those hold Go types instead of YAML. */
async function generateImageCrds(into: string): Promise<void> {
  const apis = ["reflector", "automation"].map((name) => `paths=github.com/fluxcd/image-${name}-controller/api/...`);
  await go(["tool", "controller-gen", "crd", ...apis, `output:crd:dir=${into}`], join(GO_MODULES, "image"));
}

function go(args: readonly string[], cwd: string): Promise<string> {
  return run(["go", ...args], { cwd, env: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" } });
}
