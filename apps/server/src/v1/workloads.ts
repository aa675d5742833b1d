import {
  listContainers,
  objectManifest,
  removePod,
  restartWorkload,
  scaleWorkload,
  updateObject,
} from "@flux-orchestrator/api";
import { get, post, put, remove } from "./route.ts";
import { namedObject, namedPod, OBJECT, POD } from "./shapes/object.ts";
import { specChange } from "./shapes/spec-change.ts";
import { withWarning } from "./shapes/warning.ts";

export const workloadRoutes = [
  get(`${OBJECT}/manifest`, objectManifest, { input: namedObject, respond: ({ object }) => object }),
  post(`${OBJECT}/scale`, scaleWorkload, {
    async input(call) {
      const body = await call.body();
      const force = body.flag("force");
      return {
        ...namedObject(call),
        // Whatever it is: the operation says what it has to be.
        replicas: body.value("replicas") as number,
        ...(force === undefined ? {} : { force }),
      };
    },
    respond: ({ appliedBy }) => withWarning("Resource scaled", appliedBy),
  }),
  post(`${OBJECT}/restart`, restartWorkload, {
    input: namedObject,
    respond: () => ({ message: "Resource restarted" }),
  }),
  put(`${OBJECT}/spec`, updateObject, {
    input: async (call) => ({ ...namedObject(call), ...specChange(await call.body()) }),
    respond: ({ appliedBy }) => withWarning("Resource updated", appliedBy),
  }),
  get(`${POD}/containers`, listContainers, {
    input: namedPod,
    respond: (containers) => ({
      // Ephemeral ones are not known to clients of REST v1.
      containers: containers.flatMap(({ name, role }) => (role === "ephemeral" ? [] : [name])),
    }),
  }),
  remove(POD, removePod, { input: namedPod, respond: () => ({ message: "Pod deleted" }) }),
];
