import { groupOf, type KubeObject, type NormalisedObject, normalise } from "@flux-orchestrator/flux";
import type { ReflectorSink, ReflectorState, ServedKind } from "@flux-orchestrator/k8s";
import type { Flusher } from "../flush/flusher.ts";
import { nameOfKey, type Pending } from "../flush/pending.ts";
import { orAborted } from "../or-aborted.ts";

/** Enough of an object to know whether it changed. */
interface Print {
  uid: string;
  resourceVersion: string;
  fingerprint: string;
  flapFingerprint: string;
}

/** Told of every object as it is, before it is stored; `null` when it is gone. */
type ObjectListener = (key: { kind: string; namespace: string; name: string }, object: KubeObject | null) => void;

export interface SinkOptions {
  clusterId: string;
  served: ServedKind;
  flusher: Flusher;
  hmac: (value: string) => string;
  signal: AbortSignal;
  onState: (state: ReflectorState) => void;
  onListed: (count: number) => void;
  onObject: ObjectListener;
  onUnreadable: (count: number) => void;
}

/** Fills the flusher from one reflector. Keeps a print of each object, never the object. */
export function objectSink(options: SinkOptions): ReflectorSink {
  const { clusterId, served, flusher, hmac, signal } = options;
  const prints = new Map<string, Print>();
  let listed: { namespace: string; name: string }[] = [];

  const put = async (pending: Pending): Promise<void> => {
    const full = flusher.put(pending);
    // While the store is full nothing more is read; whoever ends does not wait for it.
    if (full !== undefined) await orAborted(full, signal);
  };
  const keyOf = (object: KubeObject) => ({
    clusterId,
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name,
  });
  const see = (object: KubeObject): Promise<void> | void => {
    const key = keyOf(object);
    options.onObject(key, object);
    const name = nameOfKey(key);
    const known = prints.get(name);
    if (known?.uid === object.metadata.uid && known.resourceVersion === object.metadata.resourceVersion) return;
    let normalised: NormalisedObject;
    try {
      normalised = normalise(object, { hmac });
    } catch {
      // One object that nobody can read must not stop the others.
      options.onUnreadable(1);
      return;
    }
    const { uid, resourceVersion, fingerprint, flapFingerprint } = normalised;
    prints.set(name, { uid, resourceVersion, fingerprint, flapFingerprint });
    // A heartbeat: only fields that tick. Nothing anybody is shown changed.
    if (known?.uid === uid && known.fingerprint === fingerprint && known.flapFingerprint === flapFingerprint) return;
    return put({ change: "seen", key, object: normalised });
  };

  return {
    onListStart() {
      listed = [];
    },
    async onPage(objects) {
      for (const object of objects) {
        listed.push({ namespace: object.metadata.namespace ?? "", name: object.metadata.name });
        await see(object);
      }
    },
    async onListEnd() {
      await flusher.sweep({ clusterId, group: served.group, kind: served.kind }, listed, signal);
      const names = new Set(
        listed.map(({ namespace, name }) => nameOfKey({ group: served.group, kind: served.kind, namespace, name })),
      );
      for (const name of prints.keys()) if (!names.has(name)) prints.delete(name);
      options.onListed(listed.length);
      listed = [];
    },
    async onEvent(type, object) {
      if (type !== "DELETED") return see(object);
      const key = keyOf(object);
      options.onObject(key, null);
      prints.delete(nameOfKey(key));
      await put({ change: "gone", key, uid: object.metadata.uid });
    },
    onBookmark() {},
    onState: options.onState,
    onUnreadable: options.onUnreadable,
  };
}
