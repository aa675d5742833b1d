import { type clusterTree, type NestedNode, nestTree } from "@flux-orchestrator/api";
import type { OutputOf } from "../route.ts";

/** Kinds whose objects are roots, in the order in which they come. */
const ROOT_KINDS = ["Kustomization", "HelmRelease", "GitRepository", "HelmRepository", "Bucket", "OCIRepository"];

interface V1Node {
  id: string;
  kind: string;
  name: string;
  namespace: string;
  status: string;
  health: string;
  created_at: string;
  children?: V1Node[];
  metadata: object;
}

/** Everything written out below each Flux object, also below those that hang below others. */
export function toV1Tree(tree: OutputOf<typeof clusterTree>): { tree: V1Node[]; count: number } {
  const nest = nestTree(tree);
  const kindOf = new Map(tree.nodes.map(({ id, kind }) => [id, kind]));
  const roots = ROOT_KINDS.flatMap((kind) => tree.roots.filter((root) => kindOf.get(root) === kind));
  return { tree: roots.map((root) => toV1Node(nest(root))), count: roots.length };
}

function toV1Node({ node, children }: NestedNode): V1Node {
  return {
    id: `${node.namespace}/${node.kind}/${node.name}`,
    kind: node.kind,
    name: node.name,
    namespace: node.namespace,
    status: node.status,
    health: node.health,
    created_at: node.createdAt ?? "",
    ...(children.length === 0 ? {} : { children: children.map(toV1Node) }),
    metadata:
      node.stub === null ? metadataOf(node) : { reason: node.stub, source: "flux-inventory", version: node.apiVersion },
  };
}

const metadataOf = ({ annotations, apiVersion, labels }: NestedNode["node"]): object => ({
  ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  apiVersion,
  ...(Object.keys(labels).length === 0 ? {} : { labels }),
});
