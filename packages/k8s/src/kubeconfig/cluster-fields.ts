import { isIP } from "node:net";
import type { ClusterTarget } from "../cluster-target.ts";
import { parseAuthorities } from "./certificates.ts";
import { KubeconfigError } from "./kubeconfig-error.ts";
import { type Entry, onlyKnown, shape } from "./read-document.ts";
import type { IntakeRules } from "./rules.ts";
import { parseProxyUrl, parseServerUrl } from "./server-url.ts";

const FIELDS = [
  "server",
  "certificate-authority-data",
  "tls-server-name",
  "insecure-skip-tls-verify",
  "proxy-url",
  "extensions",
];
const SERVER_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Where a cluster is and how it is known to be itself. @throws KubeconfigError */
export function readCluster(
  { fields, path, baseDir }: Entry,
  rules: IntakeRules,
): Pick<ClusterTarget, "server" | "ca" | "serverName" | "insecure" | "proxy"> {
  const files = rules.readFile;
  if (files === undefined && "certificate-authority" in fields) throw fileReference(`${path}.certificate-authority`);
  onlyKnown(fields, files === undefined ? FIELDS : [...FIELDS, "certificate-authority", "disable-compression"], path);
  const at = (field: string) => `${path}.${field}`;
  const target: ReturnType<typeof readCluster> = { server: parseServerUrl(fields.server, at("server")) };

  const caFile = fields["certificate-authority"];
  const caData =
    fields["certificate-authority-data"] ??
    (files !== undefined && caFile !== undefined ? files(caFile, baseDir, at("certificate-authority")) : undefined);
  if (caData !== undefined && caData !== "") target.ca = parseAuthorities(caData, at("certificate-authority-data"));

  const insecure = fields["insecure-skip-tls-verify"] ?? false;
  if (typeof insecure !== "boolean")
    throw shape("insecure-skip-tls-verify is neither true nor false.", at("insecure-skip-tls-verify"));
  if (insecure && target.ca !== undefined) {
    throw new KubeconfigError(
      "KUBECONFIG_CONFLICT",
      "insecure-skip-tls-verify and a certificate authority exclude each other.",
      { path: at("insecure-skip-tls-verify"), hint: "Remove insecure-skip-tls-verify: the authority is there." },
    );
  }
  if (insecure) target.insecure = true;

  const serverName = fields["tls-server-name"];
  if (serverName !== undefined && serverName !== "") {
    if (typeof serverName !== "string" || (!SERVER_NAME.test(serverName) && isIP(serverName) === 0)) {
      throw new KubeconfigError("KUBECONFIG_SNI", "tls-server-name is not a host name.", {
        path: at("tls-server-name"),
      });
    }
    target.serverName = serverName;
  }
  const proxy = fields["proxy-url"];
  if (proxy !== undefined && proxy !== "") target.proxy = parseProxyUrl(proxy, at("proxy-url"));
  if (insecure && !rules.allowInsecureTls) {
    throw new KubeconfigError("TLS_VERIFY_REQUIRED", "The kubeconfig switches TLS verification off for this cluster.", {
      path: at("insecure-skip-tls-verify"),
      hint: "Add the cluster's certificate-authority-data, or confirm that whoever is between here and the cluster may read and change everything.",
    });
  }
  return target;
}

export const fileReference = (path: string): KubeconfigError =>
  new KubeconfigError("KUBECONFIG_FIELD_NOT_ALLOWED", `The kubeconfig names a file on another computer: ${path}.`, {
    path,
    hint: "Embed the files: kubectl config view --raw --flatten --minify",
  });
