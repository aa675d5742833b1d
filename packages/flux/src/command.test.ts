import { expect, test } from "bun:test";
import { fluxCommand } from "./command.ts";

const ref = (kind: string) => ({ kind, namespace: "apps", name: "web" });

test("the CLI's own word for a kind stands in the command, not its plural cut short", () => {
  expect(
    [
      "Kustomization",
      "HelmRelease",
      "GitRepository",
      "OCIRepository",
      "Bucket",
      "HelmRepository",
      "HelmChart",
      "ImageRepository",
      "ImagePolicy",
      "ImageUpdateAutomation",
      "Receiver",
    ].map((kind) => fluxCommand("reconcile", ref(kind))),
  ).toEqual(
    [
      "kustomization",
      "helmrelease",
      "source git",
      "source oci",
      "source bucket",
      "source helm",
      "source chart",
      "image repository",
      "image policy",
      "image update",
      "receiver",
    ].map((word) => `flux reconcile ${word} web -n apps`),
  );
});

test("a kind the CLI does not know has no command", () => {
  for (const kind of ["FluxInstance", "ResourceSet", "ExternalArtifact", "Deployment"])
    expect(fluxCommand("suspend", ref(kind))).toBe("");
});

test("options become flags where they mean something, and a context is one word of the shell", () => {
  const options = { withSource: true, force: true, reset: true };
  expect(fluxCommand("reconcile", ref("HelmRelease"), { ...options, context: "prod-eu" })).toBe(
    "flux reconcile helmrelease web -n apps --with-source --force --reset --context prod-eu",
  );
  expect(fluxCommand("suspend", ref("HelmRelease"), { ...options, context: "it's mine; ls" })).toBe(
    "flux suspend helmrelease web -n apps --context 'it'\\''s mine; ls'",
  );
});
