import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExecCredential, KubeError } from "@flux-orchestrator/k8s";
import { ConfigError } from "../config.ts";

/** The kubelet renews a token long before it ends; it is read again this often. */
const READ_EVERY_MS = 60_000;
/** A credential is got anew when it has less than a minute left. */
const RENEWED_BEFORE_MS = 60_000;

/** The service account of the pod that this server runs in. */
export interface ServiceAccount {
  /** PEM. */
  readonly ca: string;
  /** The token as it is now. @throws KubeError CLUSTER_AUTH */
  credential(): Promise<ExecCredential>;
}

/** @throws ConfigError when there is none */
export async function serviceAccount(directory: string): Promise<ServiceAccount> {
  const read = async (name: string) => (await readFile(join(directory, name), "utf8")).trim();
  try {
    await read("token");
    return { ca: await read("ca.crt"), credential: () => tokenOf(read) };
  } catch {
    throw new ConfigError(
      `SCRAPE_IN_CLUSTER must be unset where there is no service account: ${directory} cannot be read`,
    );
  }
}

async function tokenOf(read: (name: string) => Promise<string>): Promise<ExecCredential> {
  try {
    return { token: await read("token"), expiresAtMs: Date.now() + READ_EVERY_MS + RENEWED_BEFORE_MS };
  } catch (cause) {
    throw new KubeError("CLUSTER_AUTH", "The token of this pod's service account cannot be read.", {
      reason: "ServiceAccount",
      cause,
    });
  }
}
