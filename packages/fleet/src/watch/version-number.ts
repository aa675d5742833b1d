import { hashOf } from "@flux-orchestrator/flux";

/** Fifteen digits: numbers this large are exact. */
const NUMBER = /^[1-9]\d{0,14}$/;

/**
 * A resourceVersion as a number. API servers number the versions of a kind, as Kubernetes promises from 1.35 on and etcd
 * always did: such a one is its own number, and their order is known. Of any other only whether it is the same: a negative
 * hash.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export const versionNumber = (version: string): number =>
  NUMBER.test(version) ? Number(version) : -1 - hashOf(version);

/** Whether a version of an object comes before another of the same object; of versions that are no numbers none does. */
export const isOlderVersion = (version: number, known: number): boolean => version >= 0 && version < known;
