import type { RequestBody } from "../request-body.ts";

/** `{"spec": {…}}`, and beside it `resourceVersion` of clients that must not overwrite anybody's change. */
export function specChange(body: RequestBody) {
  const resourceVersion = body.text("resourceversion");
  return {
    // Whatever it is: the operation says what it has to be.
    spec: body.value("spec") as Record<string, unknown>,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
