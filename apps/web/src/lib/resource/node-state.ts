import type { TreeNode } from "@flux-orchestrator/contract";

const TONES: Record<TreeNode["health"], string> = {
  Healthy: "ready",
  Progressing: "progressing",
  Degraded: "failed",
  Unknown: "unknown",
};
const STUBS: Record<NonNullable<TreeNode["stub"]>, { tone: string; words: string; why: string }> = {
  secret: { tone: "static", words: "Not read", why: "Secrets are never read for this." },
  "not-found": { tone: "failed", words: "Missing", why: "It was applied, and is not in the cluster now." },
  forbidden: {
    tone: "unknown",
    words: "Not permitted",
    why: "The cluster's credential, or your rights, do not reach it.",
  },
  "not-served": { tone: "unknown", words: "Kind not served", why: "The cluster has no such kind." },
  failed: { tone: "unknown", words: "Not read", why: "The cluster did not list its kind." },
  remote: { tone: "static", words: "Elsewhere", why: "It is on another cluster." },
  "too-many": { tone: "unknown", words: "Not read", why: "There is more than a tree holds." },
};

/** Why an object is only named, in words. */
export const stubWords = (stub: NonNullable<TreeNode["stub"]>) => STUBS[stub];

/** How an object of a tree stands, in words, with what they rest on. */
export function nodeState(node: Pick<TreeNode, "health" | "status" | "word" | "message" | "stub">): {
  tone: string;
  words: string;
  why: string;
} {
  if (node.stub !== null) return STUBS[node.stub];
  if (node.word !== null) return { tone: node.word.toLowerCase(), words: node.word, why: node.message };
  return { tone: TONES[node.health], words: node.status, why: node.message };
}

/** Whether somebody should look at it. */
export const isUnwell = ({ health, stub }: Pick<TreeNode, "health" | "stub">): boolean =>
  stub === "not-found" || health === "Degraded" || health === "Progressing";

/** What a tree calls an object. */
export const nodeId = ({
  group,
  kind,
  namespace,
  name,
}: Pick<TreeNode, "group" | "kind" | "namespace" | "name">): string => `${group}/${kind}/${namespace}/${name}`;
