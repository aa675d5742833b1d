import { DomainError } from "@flux-orchestrator/contract";

/**
 * A value of a parameter that can have only these.
 * @throws DomainError INPUT_INVALID, with what it can be
 */
export function oneOf<Value extends string>(parameter: string, known: readonly Value[], given: string): Value {
  const value = known.find((each) => each === given);
  if (value !== undefined) return value;
  throw new DomainError("INPUT_INVALID", `${parameter}: is none of the values it can have.`, {
    hint: `It can be ${known.join(", ")}.`,
  });
}
