import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { KubeObject } from "@flux-orchestrator/flux";
import { manifestOf, releaseOf, releaseSecretName, UnreadableReleaseError } from "./helm-release.ts";

const object = (rest: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "x", namespace: "apps", uid: "1", resourceVersion: "1" },
  ...rest,
});
const packed = (release: unknown, pack: (text: string) => Uint8Array = gzipSync) =>
  object({
    data: { release: Buffer.from(Buffer.from(pack(JSON.stringify(release))).toString("base64")).toString("base64") },
  });
const MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

describe("the objects of a stored release", () => {
  test("are read out of gzip in base64 in base64, and as releases were before they were packed", () => {
    const expected = [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }];
    expect(manifestOf(packed({ manifest: MAP }))).toEqual(expected);
    expect(manifestOf(packed({ manifest: MAP }, (text) => Buffer.from(text)))).toEqual(expected);
  });

  test("are those of all documents and Lists; comments, blanks and what is no object are not", () => {
    const manifest = `# Source: a\n---\n${MAP}---\n---\njust: text\n---\nkind: List\napiVersion: v1\nitems:\n  - apiVersion: v1\n    kind: Service\n    metadata: {name: b, namespace: c}\n  - null\n`;
    expect(manifestOf(packed({ manifest })).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    expect(manifestOf(packed({}))).toEqual([]);
  });

  test.each([
    ["nothing", object({})],
    ["no base64 of anything", object({ data: { release: "%%%" } })],
    ["no JSON", object({ data: { release: Buffer.from("e3BsYWlu").toString("base64") } })],
    ["no YAML", packed({ manifest: "a: [secret-in-the-text" })],
    ["aliases without end", packed({ manifest: `a: &a [x]\nb: [${Array.from({ length: 50 }, () => "*a").join()}]` })],
    ["more than a release can be", packed({ manifest: "x".repeat(33 * 1024 * 1024) })],
  ])("cannot be read where there is %s, and nothing of it is told", (_, secret) => {
    let thrown: unknown;
    try {
      manifestOf(secret);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UnreadableReleaseError);
    expect(String((thrown as Error).message)).not.toContain("secret-in-the-text");
    expect((thrown as Error).cause).toBeUndefined();
  });
});

describe("the release of a HelmRelease", () => {
  const release = (status: object, spec: object = {}) =>
    releaseOf({ ...object({ spec, status }), kind: "HelmRelease", apiVersion: "helm.toolkit.fluxcd.io/v2" });

  test("is the newest of its history", () => {
    const history = [
      { name: "apps-x", namespace: "target", version: 3 },
      { name: "apps-x", namespace: "target", version: 2 },
    ];
    const found = release({ history, storageNamespace: "store" });
    expect(found).toEqual({ storageNamespace: "store", namespace: "target", name: "apps-x", version: 3 });
    expect(releaseSecretName(found!)).toBe("sh.helm.release.v1.apps-x.v3");
  });

  test("is named as Flux names it where there is no history, and is none before the first", () => {
    expect(release({ lastReleaseRevision: 2 }, { targetNamespace: "target" })).toEqual({
      storageNamespace: "apps",
      namespace: "target",
      name: "target-x",
      version: 2,
    });
    expect(release({})).toBeNull();
  });
});
