import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  buildTree,
  conditionOf,
  conditionsOf,
  isStatic,
  isSuspended,
  type KubeObject,
  type NestedNode,
  nestTree,
  type ObjectKey,
  type Readiness,
  revisionOf,
  settle,
  treeObjectOf,
} from "./index.ts";

/** Recordings of a real cluster: its objects, and what the `flux` command said of them at that moment. */
const fixtures = join(import.meta.dir, "../fixtures");
const moments = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const read = (moment: string, file: string) => readFileSync(join(fixtures, moment, file));

function objectsOf(moment: string): Map<string, KubeObject> {
  const lines = gunzipSync(read(moment, "objects.jsonl.gz")).toString().trim().split("\n");
  const objects = lines.map((line) => JSON.parse(line) as KubeObject);
  return new Map(
    objects.map((object) => [
      `${object.metadata.namespace}/${object.kind.toLowerCase()}/${object.metadata.name}`,
      object,
    ]),
  );
}

interface CliRow {
  name: string;
  revision: string;
  suspended: string;
  ready: string;
  message: string;
}

/** `flux get all`: tables for each kind, columns between tabs. */
function cliRows(moment: string): CliRow[] {
  const lines = read(moment, "flux-get-all.txt").toString().split("\n");
  let columns: string[] = [];
  return lines.flatMap((line) => {
    const cells = line.split("\t").map((cell) => cell.trim());
    if (cells[0] === "NAMESPACE") columns = cells;
    if (cells[0] === "NAMESPACE" || cells[0] === "") return [];
    const cell = (name: string) => cells[columns.indexOf(name)] ?? "";
    return [
      {
        name: `${cells[0]}/${cell("NAME")}`,
        revision: cell("REVISION"),
        suspended: cell("SUSPENDED"),
        ready: cell("READY"),
        message: cell("MESSAGE"),
      },
    ];
  });
}

/** The command shortens every digest to eight digits. */
const short = (text: string): string => text.replace(/(sha1|sha256):([0-9a-f]{8})[0-9a-f]{32,}/g, "$1:$2");

const STATIC_MESSAGE: Record<string, string> = {
  HelmRepository: "Helm repository is Ready",
  Alert: "Alert is Ready",
  Provider: "Provider is Ready",
};

/** What the command's Ready column says of an object, by its own rules. */
function readyOf(object: KubeObject): { ready: string; message: string } {
  if (isStatic(object)) return { ready: "True", message: STATIC_MESSAGE[object.kind] ?? "" };
  const ready = conditionOf(conditionsOf(object), "Ready");
  if (ready === undefined) return { ready: "False", message: "waiting to be reconciled" };
  return { ready: ready.status, message: ready.message };
}

/** What the column may say where we say the word; the words that are missing speak of something else. */
const READY_OF_WORD: Partial<Record<Readiness, readonly string[]>> = {
  Ready: ["True"],
  Drifted: ["True"],
  Static: ["True"],
  // The command forgets a failure while it is tried again; the word does not.
  Failed: ["False", "Unknown"],
  Stalled: ["False", "Unknown"],
  Blocked: ["False", "Unknown"],
  Retrying: ["False", "Unknown"],
  // The command has one answer for "not begun" and another for "under way".
  Progressing: ["False", "Unknown"],
  Unknown: ["False"],
};

/** `flux tree kustomization`: what it applied, and what that applied, drawn as the command draws it. */
function drawTree(objects: Iterable<KubeObject>, root: string): string {
  const tree = buildTree(
    [...objects].map((object) => treeObjectOf(object, 0)),
    () => "failed",
  );
  const label = ({ kind, namespace, name }: ObjectKey) =>
    [kind, namespace, name].filter((part) => part !== "").join("/");
  const below = ({ children }: NestedNode, indent: string): string[] =>
    children.flatMap((child, at) => {
      const isLast = at === children.length - 1;
      return [
        `${indent}${isLast ? "└── " : "├── "}${label(child.node)}`,
        ...below(child, `${indent}${isLast ? "    " : "│   "}`),
      ];
    });
  const drawn = nestTree(tree)(root);
  return [label(drawn.node), ...below(drawn, "")].join("\n");
}

describe.each(moments)("at the moment %s", (moment) => {
  const objects = objectsOf(moment);
  const rows = cliRows(moment).filter((row) => objects.has(row.name));

  test("every object of the recording is in the table", () => {
    expect(rows.length).toBeGreaterThan(40);
    // The recording of objects leaves this one kind out.
    const others = cliRows(moment).filter((row) => !objects.has(row.name));
    expect(others.map(({ name }) => name)).toEqual(["flux-system/imagerepository/not-picked-up"]);
  });

  test("revision and suspended are what the flux command shows", () => {
    for (const row of rows) {
      const object = objects.get(row.name)!;
      expect([row.name, short(revisionOf(object) ?? "")]).toEqual([row.name, row.revision]);
      expect([row.name, isSuspended(object) ? "True" : "False"]).toEqual([
        row.name,
        row.suspended === "" ? "False" : row.suspended,
      ]);
    }
  });

  test("Ready and message are what the flux command shows", () => {
    for (const row of rows) {
      const { ready, message } = readyOf(objects.get(row.name)!);
      expect([row.name, ready]).toEqual([row.name, row.ready]);
      expect([row.name, short(message).split("\n")[0]?.slice(0, 60).trim()]).toEqual([
        row.name,
        row.message.slice(0, 60).trim(),
      ]);
    }
  });

  test("our word never says otherwise than the Ready column", () => {
    for (const row of rows) {
      const object = objects.get(row.name)!;
      const { word } = settle(null, object, Date.parse(object.metadata.creationTimestamp!) + 30_000);
      expect([row.name, READY_OF_WORD[word] ?? [row.ready]]).toEqual([row.name, expect.arrayContaining([row.ready])]);
    }
  });

  test("what a Kustomization applied is the tree that the flux command draws", () => {
    for (const name of ["app", "nested"]) {
      const root = `kustomize.toolkit.fluxcd.io/Kustomization/flux-system/${name}`;
      expect(drawTree(objects.values(), root)).toBe(read(moment, `flux-tree-${name}.txt`).toString().trim());
    }
  });
});
