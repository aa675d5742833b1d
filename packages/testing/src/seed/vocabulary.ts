/** Namespaces of a seeded cluster, each with the applications that live there. */
export const APPLICATIONS: Readonly<Record<string, readonly string[]>> = {
  "flux-system": ["infra-controllers", "infra-configs", "crds", "tenants", "cluster-policies"],
  payments: ["ledger", "checkout-api", "refunds", "card-gateway", "settlement"],
  storefront: ["catalog", "basket", "web", "recommendations", "image-resizer"],
  identity: ["sign-in", "profiles", "sessions", "audit-trail"],
  observability: ["prometheus", "grafana", "loki", "tempo", "alert-router"],
  ingress: ["gateway", "cert-manager", "external-dns", "rate-limiter"],
  "data-platform": ["kafka", "schema-registry", "warehouse-loader", "spark-operator"],
  search: ["indexer", "query-api", "synonyms", "suggestions"],
};

/** Who and why of a suspend: the annotations that tell depend on the tool with which it was done. */
export const SUSPENSIONS: readonly Readonly<Record<string, string>>[] = [
  {
    "flux-orchestrator/suspended-by": "platform-oncall",
    "flux-orchestrator/suspend-reason": "Database migration in progress, resume after the change window",
  },
  {
    "flux-orchestrator/suspended-by": "release-captain",
    "flux-orchestrator/suspend-reason": "Frozen for the end-of-quarter closing",
    "flux-orchestrator/suspend-until": "2030-01-02T08:00:00Z",
  },
  { "fluxcd.controlplane.io/suspendedBy": "platform-oncall" },
  {
    "metadata.weave.works/suspended-by": "team-lead",
    "metadata.weave.works/suspended-comment": "Investigating memory growth",
  },
  {},
];
