import type { ClusterTarget } from "../cluster-target.ts";
import { SERVICE_ACCOUNT_MANIFEST, SERVICE_ACCOUNT_STEPS } from "../service-account.ts";
import { parseClientCertificate, tokenExpiry } from "./certificates.ts";
import { fileReference } from "./cluster-fields.ts";
import { readExec } from "./exec-fields.ts";
import type { KubeconfigContext } from "./kubeconfig.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { type Entry, onlyKnown } from "./read-document.ts";
import type { IntakeRules } from "./rules.ts";

const TOKEN_MAX = 16 * 1024;
const FIELDS = ["token", "client-certificate-data", "client-key-data", "username", "password", "extensions"];
const FILES = ["client-certificate", "client-key", "tokenFile"];

/** Who we are on a cluster. */
export interface ReadUser {
  credential: Pick<ClusterTarget, "token" | "basic" | "cert" | "key" | "exec">;
  credentialKind: KubeconfigContext["credentialKind"];
  expiresAt: Date | null;
  exec: KubeconfigContext["exec"];
}

/** @throws KubeconfigError */
export function readUser({ fields, path, baseDir }: Entry, rules: IntakeRules): ReadUser {
  refuseWhatActs(fields, path, rules);
  onlyKnown(
    fields,
    [...FIELDS, ...(rules.readFile === undefined ? [] : FILES), ...(rules.resolveExec === undefined ? [] : ["exec"])],
    path,
  );
  const at = (field: string) => `${path}.${field}`;
  const given = (field: string, file: string): unknown => {
    const inline = fields[field];
    if (inline !== undefined && inline !== "") return inline;
    return fields[file] !== undefined && rules.readFile !== undefined
      ? rules.readFile(fields[file], baseDir, at(file))
      : undefined;
  };
  const user: ReadUser = { credential: {}, credentialKind: "none", expiresAt: null, exec: null };

  const certificate = given("client-certificate-data", "client-certificate");
  const key = given("client-key-data", "client-key");
  if (certificate !== undefined || key !== undefined) {
    const { cert, key: pem, expiresAt } = parseClientCertificate(certificate, key, at("client-certificate-data"));
    Object.assign(user, { credential: { cert, key: pem }, credentialKind: "client-certificate", expiresAt });
  }
  const token = tokenOf({ fields, path, baseDir }, rules);
  if (token !== undefined) {
    if (typeof token !== "string" || token.length > TOKEN_MAX || !/^[\x21-\x7e]+$/.test(token)) {
      throw new KubeconfigError(
        "KUBECONFIG_TOKEN",
        "The token is empty, too long, or holds characters that no token has.",
        { path: at("token") },
      );
    }
    user.credential.token = token;
    user.credentialKind = "token";
    user.expiresAt = tokenExpiry(token) ?? user.expiresAt;
  }
  if (fields.username !== undefined || fields.password !== undefined) {
    if (user.credential.token !== undefined)
      throw new KubeconfigError("KUBECONFIG_CONFLICT", "The user has both a token and a password.", {
        path,
        hint: "Keep the token.",
      });
    user.credential.basic = readBasic(fields, path);
    user.credentialKind = "basic";
  }
  if (fields.exec !== undefined && rules.resolveExec !== undefined) {
    if (user.credentialKind === "token" || user.credentialKind === "basic") return user;
    const { plugin, shown } = readExec(fields.exec, { path: at("exec"), baseDir, resolveExec: rules.resolveExec });
    return { ...user, credential: { ...user.credential, exec: plugin }, credentialKind: "exec", exec: shown };
  }
  if (user.credentialKind === "none") {
    throw new KubeconfigError("KUBECONFIG_NO_CREDENTIAL", "The user of this context has no credential.", {
      path,
      hint: "It needs a token, a client certificate with its key, or a username and password.",
    });
  }
  return user;
}

/** The token itself, or as kubectl has it for the user's own kubeconfig: a file goes before it, and empty is none. */
function tokenOf({ fields, baseDir, path }: Pick<Entry, "fields" | "path" | "baseDir">, rules: IntakeRules): unknown {
  const { token, tokenFile } = fields;
  if (rules.readFile === undefined) return token;
  if (tokenFile === undefined || tokenFile === "") return token === "" ? undefined : token;
  return Buffer.from(rules.readFile(tokenFile, baseDir, `${path}.tokenFile`), "base64")
    .toString("utf8")
    .trim();
}

function readBasic(fields: Record<string, unknown>, path: string): { username: string; password: string } {
  const { username, password } = fields;
  const usable = (value: unknown): value is string =>
    typeof value === "string" && value !== "" && value.length <= 1024 && !/\p{Cc}/u.test(value);
  if (!usable(username) || !usable(password) || username.includes(":")) {
    throw new KubeconfigError(
      "KUBECONFIG_BASIC",
      "Username and password must both be there, without control characters, and the username without a colon.",
      { path: `${path}.username` },
    );
  }
  return { username, password };
}

/** What would run a program, read a file or act as somebody else: refused by name, with what to do instead. */
function refuseWhatActs(fields: Record<string, unknown>, path: string, rules: IntakeRules): void {
  const refuse = (field: string, message: string, hint: string) =>
    new KubeconfigError("KUBECONFIG_FIELD_NOT_ALLOWED", message, { path: `${path}.${field}`, hint });
  const instead = `${SERVICE_ACCOUNT_STEPS}\n\n${SERVICE_ACCOUNT_MANIFEST}`;
  if ("exec" in fields && rules.resolveExec === undefined)
    throw refuse(
      "exec",
      "This user logs in by running a program (exec), which is not done for a pasted or uploaded kubeconfig.",
      instead,
    );
  if ("auth-provider" in fields)
    throw refuse("auth-provider", "This user logs in by an auth-provider, which is not supported.", instead);
  const impersonation = ["as", "as-uid", "as-groups", "as-user-extra"].find((field) => field in fields);
  if (impersonation !== undefined)
    throw refuse(
      impersonation,
      "This user acts as somebody else, which is not supported.",
      "Use a credential of the identity itself.",
    );
  const file = rules.readFile === undefined ? [...FILES, "token-file"].find((field) => field in fields) : undefined;
  if (file !== undefined) throw fileReference(`${path}.${file}`);
}
