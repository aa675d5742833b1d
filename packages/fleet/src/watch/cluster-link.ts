import { DomainError } from "@flux-orchestrator/contract";
import type { Database, Keyring } from "@flux-orchestrator/db";
import { fluxKind, type KubeObject, normalise, type ObjectKey } from "@flux-orchestrator/flux";
import {
  absentAsNull,
  type ClusterTarget,
  controllerRight,
  createTransport,
  deploymentScope,
  discoverFlux,
  type EgressPolicy,
  type ExecCredential,
  fluxVersion,
  kubernetesVersion,
  reviewRights,
  type ServedKind,
  type Transport,
} from "@flux-orchestrator/k8s";
import type { Flusher } from "../flush/flusher.ts";
import { nameOfKey } from "../flush/pending.ts";
import type { ClusterConnection } from "../ports.ts";
import { closableTransport } from "./closable-transport.ts";
import { clusterConnection } from "./cluster-connection.ts";
import { readCredential } from "./credential.ts";
import { Reads } from "./reads.ts";

export interface LinkOptions {
  clusterId: string;
  database: Database;
  keyring: Keyring;
  egress: EgressPolicy;
  flusher: Flusher;
  credentialOf?: (target: ClusterTarget) => Promise<ExecCredential>;
  onObject: (
    clusterId: string,
    key: { kind: string; namespace: string; name: string },
    object: KubeObject | null,
  ) => void;
}

/** The way to one cluster, and what is asked there beside its watches. Every call ends when the signal aborts. */
export class ClusterLink {
  readonly reads = new Reads();
  #transport: Transport | undefined;
  #served: readonly ServedKind[] | undefined;
  #credential: string | undefined;

  constructor(
    readonly options: LinkOptions,
    readonly signal: AbortSignal,
  ) {}

  /** Once it was connected. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** Digest of the sealed credential it was connected with; undefined before. */
  get credential(): string | undefined {
    return this.#credential;
  }

  /** The Flux kinds it was last known to serve. */
  get served(): readonly ServedKind[] | undefined {
    return this.#served;
  }

  /** @throws KubeError, SealError, DomainError CLUSTER_NOT_FOUND */
  async connect(): Promise<Transport> {
    if (this.#transport !== undefined) return this.#transport;
    const { database, keyring, clusterId, egress, credentialOf } = this.options;
    const credential = await readCredential(database, keyring, clusterId);
    if (credential === null) throw new DomainError("CLUSTER_NOT_FOUND", "There is no such cluster.");
    if (this.#transport !== undefined) return this.#transport;
    const { target, digest } = credential;
    this.#credential = digest;
    this.#transport = closableTransport(
      createTransport(target, {
        egress,
        ...(credentialOf === undefined ? {} : { credential: () => credentialOf(target) }),
      }),
      this.signal,
    );
    return this.#transport;
  }

  /** Asks which Flux kinds it serves, whatever was known. @throws KubeError */
  async discover(transport: Transport): Promise<readonly ServedKind[]> {
    this.#served = undefined;
    return this.#known(transport);
  }

  /** What operations may ask. @throws KubeError, SealError, DomainError CLUSTER_NOT_FOUND */
  async connection(): Promise<ClusterConnection> {
    const transport = await this.connect();
    return clusterConnection(transport, await this.#known(transport));
  }

  /** What the cluster is, and what we may do there. @throws KubeError, SealError, DomainError CLUSTER_NOT_FOUND */
  async describe() {
    const transport = await this.connect();
    const version = await kubernetesVersion(transport);
    const served = await discoverFlux(transport);
    const [flux, rights, scope] = await Promise.all([
      fluxVersion(transport),
      reviewRights(transport, served),
      deploymentScope(transport),
    ]);
    return {
      kubernetesVersion: version,
      fluxVersion: flux,
      rights: [...rights, controllerRight(scope)],
      lastSeenAtMs: transport.heardAtMs,
    };
  }

  /** Reads one object again and waits until it is stored. */
  async refresh(key: ObjectKey): Promise<void> {
    const { clusterId, flusher, keyring } = this.options;
    const connection = await this.connection();
    const read = () => connection.get(key).catch(absentAsNull);
    const group = fluxKind(key.kind)?.group ?? key.group;
    await this.reads.latest(nameOfKey({ ...key, group }), read, (object) => {
      this.options.onObject(clusterId, key, object);
      const full = { clusterId, ...key, group };
      void flusher.put(
        object === null
          ? { change: "gone", key: full, uid: null }
          : { change: "seen", key: full, object: normalise(object, { hmac: (value) => keyring.hmac(value) }) },
      );
    });
    await flusher.settled(clusterId);
  }

  close(): void {
    this.#transport?.close();
  }

  async #known(transport: Transport): Promise<readonly ServedKind[]> {
    this.#served ??= await discoverFlux(transport);
    return this.#served;
  }
}
