/** An answer that is an error, as an API server words it. */
export class StatusError extends Error {
  override name = "StatusError";
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: Record<string, unknown>,
    /** Besides `details.retryAfterSeconds`: what is in the list's `metadata`. */
    readonly metadata: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** The `Status` object that goes over the wire. */
  toJSON(): Record<string, unknown> {
    const { code, reason, message, details, metadata } = this;
    return {
      ...{ kind: "Status", apiVersion: "v1", metadata, status: "Failure", message },
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

export const notFound = (resource: { group: string; plural: string }, name: string): StatusError => {
  const of = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
  const details = { name, ...(resource.group === "" ? {} : { group: resource.group }), kind: resource.plural };
  return new StatusError(404, "NotFound", `${of} "${name}" not found`, details);
};

/** A version, or the page of a list, that was compacted away. */
export const expired = (message: string, metadata: Record<string, unknown> = {}): StatusError =>
  new StatusError(410, "Expired", message, undefined, metadata);

export const badRequest = (message: string): StatusError => new StatusError(400, "BadRequest", message);
