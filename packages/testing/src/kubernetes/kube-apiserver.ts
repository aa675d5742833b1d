import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findClusterTools } from "../prerequisites/cluster-tools.ts";
import { type ChildProcess, startChild } from "../processes/child-process.ts";
import { freePorts } from "../processes/free-ports.ts";
import { GaveUpError, until } from "../processes/until.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createSigningKey,
  type KeyPair,
} from "./certificates.ts";
import { type KubeconfigOverrides, kubeconfigOf } from "./kubeconfig.ts";

/** A static bearer token of a user; it exists from the start, without any object in the cluster. */
export interface StaticToken {
  readonly token: string;
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface KubeApiserver extends AsyncDisposable {
  readonly name: string;
  /** `https://127.0.0.1:PORT`, with a certificate for 127.0.0.1, localhost and kubernetes.default.svc. */
  readonly server: string;
  readonly port: number;
  readonly etcdPort: number;
  /** PEM of the authority that signed the server's and every client's certificate. */
  readonly ca: string;
  readonly adminCert: string;
  readonly adminKey: string;
  /** Holds `ca.crt`, `admin.crt`, `kubelet.crt`, `sa.key` and the like; removed by `stop`. */
  readonly folder: string;
  /** An admin's, on disk. */
  readonly kubeconfigPath: string;
  kubeconfig(overrides?: KubeconfigOverrides): string;
  issueClientCertificate(identity: { commonName: string; organizations?: readonly string[] }): Promise<KeyPair>;
  /** SIGKILL for the apiserver only; etcd and its data stay. */
  kill(): Promise<void>;
  /** The apiserver again, on the same port and data; ends a running one first. */
  restart(): Promise<void>;
  /** Ends both processes and removes the data. */
  stop(): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver on loopback (RBAC on, no controllers) and waits until `/readyz` is ok: about 3 s.
 *
 * @throws when the binaries are missing: ask `requirement("kube-apiserver")` first
 */
export async function startKubeApiserver(
  options: { name?: string; tokens?: readonly StaticToken[] } = {},
): Promise<KubeApiserver> {
  const { name = "test" } = options;
  const tools = await findClusterTools(["etcd", "kube-apiserver"]);
  if (!tools.ok) throw new Error(tools.reason);
  const folder = await mkdtemp(join(tmpdir(), "fo-kube-"));
  const path = (file: string) => join(folder, file);
  let etcd: ChildProcess | undefined;
  try {
    const [authority, admin] = await createIdentities(folder);
    await writeFile(path("tokens.csv"), (options.tokens ?? []).map(csvLine).join(""));
    // Between the probe of a port and its use somebody may take it; then all are chosen anew.
    for (let attempt = 1; ; attempt++) {
      const [etcdPort, peerPort, port] = (await freePorts(3)) as [number, number, number];
      etcd = startEtcd(tools.binaries.etcd, folder, { etcdPort, peerPort });
      const startApiserver = () => launchApiserver(tools.binaries["kube-apiserver"], folder, { etcdPort, port });
      try {
        const running = await startApiserver();
        const server = `https://127.0.0.1:${port}`;
        const source = { name, server, ca: authority.cert, adminCert: admin.cert, adminKey: admin.key };
        await writeFile(path("kubeconfig.yaml"), kubeconfigOf(source), { mode: 0o600 });
        return handle({ source, folder, port, etcdPort, authority, etcd, running, startApiserver });
      } catch (error) {
        await etcd.kill();
        await rm(path("etcd"), { recursive: true, force: true });
        if (attempt === 3 || !/address already in use/.test(String(error))) throw error;
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function handle(parts: {
  source: Parameters<typeof kubeconfigOf>[0];
  folder: string;
  port: number;
  etcdPort: number;
  authority: CertificateAuthority;
  etcd: ChildProcess;
  running: ChildProcess;
  startApiserver: () => Promise<ChildProcess>;
}): KubeApiserver {
  let { running } = parts;
  let issued = 0;
  const stop = async () => {
    // The data is thrown away: nothing is gained by the apiserver's three seconds of orderly shutdown.
    await Promise.all([running.kill(), parts.etcd.kill()]);
    await rm(parts.folder, { recursive: true, force: true });
  };
  return {
    ...parts.source,
    folder: parts.folder,
    port: parts.port,
    etcdPort: parts.etcdPort,
    kubeconfigPath: join(parts.folder, "kubeconfig.yaml"),
    kubeconfig: (overrides) => kubeconfigOf(parts.source, overrides),
    issueClientCertificate: (identity) => parts.authority.issue({ file: `client-${++issued}`, ...identity }),
    kill: () => running.kill(),
    async restart() {
      await running.kill();
      running = await parts.startApiserver();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function createIdentities(folder: string): Promise<[CertificateAuthority, KeyPair]> {
  const authority = await createCertificateAuthority(folder);
  const [admin] = await Promise.all([
    authority.issue({ file: "admin", commonName: "admin", organizations: ["system:masters"] }),
    authority.issue({
      file: "apiserver",
      commonName: "kube-apiserver",
      alternativeNames: ["DNS:localhost", "DNS:kubernetes.default.svc", "IP:127.0.0.1", "IP:10.0.0.1"],
    }),
    authority.issue({ file: "kubelet", commonName: "kubelet", alternativeNames: ["IP:127.0.0.1"] }),
    createSigningKey(join(folder, "sa.key"), join(folder, "sa.pub")),
  ]);
  return [authority, admin];
}

function startEtcd(binary: string, folder: string, ports: { etcdPort: number; peerPort: number }): ChildProcess {
  const client = `http://127.0.0.1:${ports.etcdPort}`;
  const peer = `http://127.0.0.1:${ports.peerPort}`;
  return startChild({
    name: "etcd",
    logFile: join(folder, "etcd.log"),
    command: [
      binary,
      ...["--data-dir", join(folder, "etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
      // As kubeadm sets it: without it a quiet watch gets no bookmarks.
      ...["--watch-progress-notify-interval", "5s"],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
    ],
  });
}

async function launchApiserver(
  binary: string,
  folder: string,
  ports: { etcdPort: number; port: number },
): Promise<ChildProcess> {
  const path = (file: string) => join(folder, file);
  const flags = {
    "etcd-servers": `http://127.0.0.1:${ports.etcdPort}`,
    "bind-address": "127.0.0.1",
    "secure-port": String(ports.port),
    "advertise-address": "127.0.0.1",
    "endpoint-reconciler-type": "none",
    "tls-cert-file": path("apiserver.crt"),
    "tls-private-key-file": path("apiserver.key"),
    "client-ca-file": path("ca.crt"),
    "token-auth-file": path("tokens.csv"),
    "authorization-mode": "RBAC",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": path("sa.pub"),
    "service-account-signing-key-file": path("sa.key"),
    "service-cluster-ip-range": "10.0.0.0/24",
    "allow-privileged": "true",
    "cert-dir": path("generated"),
    "kubelet-certificate-authority": path("ca.crt"),
    "kubelet-client-certificate": path("admin.crt"),
    "kubelet-client-key": path("admin.key"),
    "kubelet-preferred-address-types": "InternalIP",
  };
  const apiserver = startChild({
    name: "kube-apiserver",
    logFile: path("kube-apiserver.log"),
    command: [binary, ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
  });
  try {
    await until(
      "kube-apiserver is ready",
      async () => {
        apiserver.assertRunning();
        const ready = await fetch(`https://127.0.0.1:${ports.port}/readyz`, {
          tls: { ca: await Bun.file(path("ca.crt")).text() },
          keepalive: false,
          signal: AbortSignal.timeout(5_000),
        });
        return ready.status === 200;
      },
      180_000,
    );
  } catch (error) {
    await apiserver.kill();
    throw error instanceof GaveUpError ? error : new Error(`${(error as Error).message}\n${apiserver.tail()}`);
  }
  return apiserver;
}

function csvLine({ token, user, groups = [] }: StaticToken): string {
  return `${token},${user},${user},"${groups.join(",")}"\n`;
}
