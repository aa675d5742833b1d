/** What stands for "never" where REST v1 has no null. */
export const NEVER = "0001-01-01T00:00:00Z";

/** A time as REST v1 writes it: UTC with `Z`, without trailing zeros of the fraction. */
export const v1Time = (iso: string): string => iso.replace(/(\.\d*?)0+Z$/, "$1Z").replace(".Z", "Z");
