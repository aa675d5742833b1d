/** Structured logging; the fields never hold a credential. */
export interface FleetLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
