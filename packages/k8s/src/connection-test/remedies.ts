import type { KubeError, KubeErrorCode } from "../kube-error.ts";
import { SERVICE_ACCOUNT_MANIFEST } from "../service-account.ts";

const BY_CODE: Record<KubeErrorCode, string> = {
  CLUSTER_UNREACHABLE: "Check the server address, and whether this computer may reach it (VPN, firewall, proxy-url).",
  CLUSTER_TIMEOUT: "Something swallows the packets: check VPN, firewall and proxy-url.",
  CLUSTER_TLS:
    "Check certificate-authority-data and the server address; tls-server-name names the certificate's host when it differs.",
  CLUSTER_AUTH: "The token or certificate may have expired or been revoked: make a new one.",
  CLUSTER_FORBIDDEN: "Grant the credential the right on the cluster, or use one that has it.",
  CLUSTER_REDIRECT:
    "The server address leads to something that redirects, such as a login page. Use the API server's own address.",
  CLUSTER_ERROR: "The API server itself has a problem: look at its health, then try again.",
  CLUSTER_THROTTLED: "The API server is busy: try again in a moment.",
  NOT_KUBERNETES: "Use the address of the Kubernetes API server, usually https://…:6443 or https://…:443.",
  OBJECT_NOT_FOUND: "The path of the server address may be wrong.",
  CONFLICT: "Try again.",
  CLUSTER_REJECTED: "The API server refused the request: its version may be too old.",
  GONE: "Try again.",
  EGRESS_DENIED: "Use an address that belongs to the cluster. An operator can open networks to this server.",
};
const BY_REASON: Record<string, string> = {
  ENOTFOUND: "Check the host name for a typing error, and whether its DNS is visible from here (VPN).",
  ERR_TLS_CERT_ALTNAME_INVALID: "Use a host name that the certificate has, or set tls-server-name to one.",
  CERT_HAS_EXPIRED: "Renew the API server's certificate.",
  ExecPlugin: "Run the command of this context in a terminal and see what it says; you may have to log in again.",
};

/** What to do about a failed step of the connection test, and about any failure of the connection later. */
export function remedyOf(error: KubeError): { remedy: string; manifest: string | null } {
  const needsCredential =
    error.reason !== "ExecPlugin" && (error.code === "CLUSTER_AUTH" || error.code === "CLUSTER_FORBIDDEN");
  return {
    remedy: BY_REASON[error.reason] ?? BY_CODE[error.code],
    manifest: needsCredential ? SERVICE_ACCOUNT_MANIFEST : null,
  };
}
