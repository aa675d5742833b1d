import { spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isRecord } from "@flux-orchestrator/flux";
import type { ClusterTarget, ExecCredential } from "../cluster-target.ts";
import { KubeError } from "../kube-error.ts";
import { findProgram } from "./read-local-kubeconfig.ts";

const DEADLINE_MS = 30_000;
const OUTPUT_MAX = 256 * 1024;

/**
 * Runs the exec plugin of a target as kubectl would: without a shell, without a terminal, with a deadline. Whoever calls
 * has made sure that a person allowed this plugin's hash.
 *
 * @returns the credential, to be kept in memory only
 * @throws KubeError CLUSTER_AUTH; nothing the program printed is in it
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runExecPlugin(
  target: ClusterTarget,
  options: { deadlineMs?: number } = {},
): Promise<ExecCredential> {
  const { exec } = target;
  if (exec === undefined) throw failed("This cluster has no exec plugin.");
  const program = findProgram(exec.command, exec.baseDir);
  if (program === null) throw failed("The command that logs in to this cluster was not found.");
  const info = {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo
        ? {
            cluster: {
              server: target.server,
              ...(target.serverName === undefined ? {} : { "tls-server-name": target.serverName }),
              ...(target.insecure === true ? { "insecure-skip-tls-verify": true } : {}),
              ...(target.ca === undefined
                ? {}
                : { "certificate-authority-data": Buffer.from(target.ca).toString("base64") }),
              ...(target.proxy === undefined ? {} : { "proxy-url": target.proxy }),
            },
          }
        : {}),
    },
  };
  const env = { ...process.env, ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const printed = await run([program, ...exec.args], env, options.deadlineMs ?? DEADLINE_MS);
  return parseCredential(printed, exec.apiVersion);
}

const failed = (message: string, cause?: unknown) =>
  new KubeError("CLUSTER_AUTH", message, { reason: "ExecPlugin", cause });

function run([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv, deadlineMs: number): Promise<string> {
  return new Promise((done, fail) => {
    // A group of its own, so that what the program started ends with it: a child of it would hold the output open.
    const child = spawn(program, args, { env, shell: false, detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const giveUp = (message: string, cause?: unknown) => {
      clearTimeout(deadline);
      killGroup(child.pid);
      child.stdout.destroy();
      fail(failed(message, cause));
    };
    const deadline = setTimeout(
      () => giveUp(`The command that logs in to this cluster did not finish within ${deadlineMs / 1000} s.`),
      deadlineMs,
    );
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (output.length > OUTPUT_MAX)
        giveUp("The command that logs in to this cluster printed more than a credential is long.");
    });
    child.once("error", (error) => giveUp("The command that logs in to this cluster could not be started.", error));
    child.once("close", (code, signal) => {
      clearTimeout(deadline);
      if (code === 0) done(output);
      else fail(failed(`The command that logs in to this cluster ended with ${signal ?? `code ${code}`}.`));
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function parseCredential(printed: string, apiVersion: string): ExecCredential {
  const refuse = () => failed("The command that logs in to this cluster did not print an ExecCredential.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(printed);
  } catch {
    throw refuse();
  }
  if (
    !isRecord(parsed) ||
    parsed.kind !== "ExecCredential" ||
    parsed.apiVersion !== apiVersion ||
    !isRecord(parsed.status)
  )
    throw refuse();
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = parsed.status;
  const credential: ExecCredential = {};
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) credential.token = token;
  if (typeof clientCertificateData === "string" && typeof clientKeyData === "string") {
    if (!isPair(clientCertificateData, clientKeyData)) throw refuse();
    Object.assign(credential, { cert: clientCertificateData, key: clientKeyData });
  }
  if (credential.token === undefined && credential.cert === undefined) throw refuse();
  const expiresAtMs = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : Number.NaN;
  if (Number.isFinite(expiresAtMs)) credential.expiresAtMs = expiresAtMs;
  return credential;
}

/** Whether they are PEM and belong together; a session with others would only say that a socket did not open. */
function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
