import type { Tree, TreeNode } from "./tree.ts";

/** A node with what hangs below it written out. */
export interface NestedNode {
  node: TreeNode;
  children: NestedNode[];
}

/** Appliers that apply appliers; nobody nests them deeper on purpose. */
export const DEPTH_MAX = 32;

/**
 * A tree as it is drawn, from one of its nodes down. An object that several lead to is written out below the first and named
 * below the others, so that what is drawn is never larger than what there is.
 */
export function nestTree(tree: Tree): (root: string) => NestedNode {
  const nodes = new Map(tree.nodes.map((node) => [node.id, node]));
  return (root) => {
    const drawn = new Set<string>();
    const nest = (id: string, depth: number): NestedNode => {
      const node = nodes.get(id)!;
      const goesOn = depth < DEPTH_MAX && !drawn.has(id);
      drawn.add(id);
      return { node, children: goesOn ? node.children.map((child) => nest(child, depth + 1)) : [] };
    };
    return nest(root, 1);
  };
}
