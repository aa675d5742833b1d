/**
 * Whether a version of an object comes before another of the same object. API servers number the versions of a kind, as
 * Kubernetes promises from 1.35 on and etcd always did; of versions that are no numbers nobody can tell, and none is older.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function isOlderVersion(version: string, known: string): boolean {
  if (!NUMBER.test(version) || !NUMBER.test(known)) return false;
  return version.length === known.length ? version < known : version.length < known.length;
}

const NUMBER = /^[1-9]\d*$/;
