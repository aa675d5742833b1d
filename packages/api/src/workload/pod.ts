import type { PodContainers, PodRef } from "@flux-orchestrator/contract";
import { type KubeObject, listOf, recordOf, textOf } from "@flux-orchestrator/flux";
import type { z } from "zod";
import type { OperationContext } from "../context.ts";
import { type NamedObject, namedObject } from "./object-ref.ts";

export const namedPod = (ctx: OperationContext, { cluster, namespace, name }: PodRef): Promise<NamedObject> =>
  namedObject(ctx, { cluster, kind: "Pod", group: "", namespace, name });

const ROLES = { containers: "regular", initContainers: "init", ephemeralContainers: "ephemeral" } as const;

/** Its containers as the pod states them: those that stay first, then those that begin, then those of who looks into it. */
export const containersOf = ({ spec }: KubeObject): z.infer<typeof PodContainers> =>
  Object.entries(ROLES).flatMap(([field, role]) =>
    listOf(recordOf(spec)[field]).flatMap((container) => {
      const { name, image } = recordOf(container);
      return typeof name === "string" ? [{ name, role, image: textOf(image) ?? "" }] : [];
    }),
  );
