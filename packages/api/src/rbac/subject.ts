import type { AuditSubject } from "../audit.ts";
import type { LookupContext } from "../context.ts";

/** Somebody or something outside of any cluster, under its name; under its id when there is none, so that asking tells nothing. */
const subject = (resourceType: string, resourceId: string, name: string | undefined): AuditSubject => ({
  resourceType,
  resourceId,
  resourceName: name ?? resourceId,
  clusterId: "",
  clusterName: "",
});

/** The user that the input names, as the thing an operation is about. */
export async function userSubject(input: { user: string }, { sql }: LookupContext): Promise<AuditSubject> {
  const [user] = await sql<{ email: string }[]>`select email from users where id = ${input.user}`;
  return subject("user", input.user, user?.email);
}

/** The role that the input names, as the thing an operation is about. */
export async function roleSubject(input: { role: string }, { sql }: LookupContext): Promise<AuditSubject> {
  const [role] = await sql<{ name: string }[]>`select name from roles where id = ${input.role}`;
  return subject("role", input.role, role?.name);
}

/** The role that is about to be made. */
export const newRoleSubject = ({ name }: { name: string }, { newId }: LookupContext): AuditSubject =>
  subject("role", newId, name);
