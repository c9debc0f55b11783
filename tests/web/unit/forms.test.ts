// The forms' conversions between input and API requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCommandLine, parseCommandLine } from "../../../components/web/ui/src/forms/command-line.ts";
import { buildFieldsOfFile, deploymentFieldsOfFile, fileUrl } from "../../../components/web/ui/src/forms/config-file.ts";
import * as builds from "../../../components/web/ui/src/forms/build.ts";
import * as deploy from "../../../components/web/ui/src/forms/deploy.ts";
import * as services from "../../../components/web/ui/src/forms/service.ts";
import { isSameRepository, repositoryQuery } from "../../../components/web/ui/src/api/repository-name.ts";
import { diffReleases } from "../../../components/web/ui/src/forms/release-diff.ts";
import { formatVariables, parseVariables } from "../../../components/web/ui/src/forms/variables.ts";

const project = { id: 7, name: "myapp", owner: "alice", role: "owner" } as never;

test("variables are parsed like a .env file", () => {
  const text = "A=1\n\n# no\nexport B = two words \r\nC=a=b\nD=\nE=\"x\\ny \\\"z\\\"\"\nF='$as it is'\n__proto__=p";
  const { values, errors } = parseVariables(text);
  assert.deepEqual(errors, []);
  const expected = { A: "1", B: "two words", C: "a=b", D: "", E: 'x\ny "z"', F: "$as it is" };
  assert.deepEqual({ ...values }, { ...expected, ["__proto__"]: "p" });
  assert.deepEqual(parseVariables("nothing\nA=1\n=x\nA=2").errors, [
    { line: 1, duplicate: null },
    { line: 3, duplicate: null },
    { line: 4, duplicate: "A" },
  ]);
});

test("formatted variables parse to the same values", () => {
  const values = { A: "", B: " x ", C: "'q'", D: '"q"', E: "a\nb\r\nc", F: "back\\slash", G: "# no comment", H: '"', I: "\\n" };
  assert.deepEqual(parseVariables(formatVariables(values)).values, values);
  assert.deepEqual(parseVariables(formatVariables(values)).errors, []);
});

test("a command line is split into words as a shell does, without expanding anything", () => {
  const table: [string, string[]][] = [
    ["", []],
    ["  npm run\n start ", ["npm", "run", "start"]],
    [`sh -c 'first && "second" $HOME'`, ["sh", "-c", 'first && "second" $HOME']],
    [`echo "a \\"b\\" \\$c \\n" d\\ e`, ["echo", 'a "b" $c \\n', "d e"]],
    [`--name='a'"b"c '' ""`, ["--name=abc", "", ""]],
    ["sh -c 'one\ntwo'", ["sh", "-c", "one\ntwo"]],
    ["a \\\nb", ["a", "b"]],
    ["$(PORT) * ~", ["$(PORT)", "*", "~"]],
  ];
  for (const [text, words] of table) assert.deepEqual(parseCommandLine(text), { words, isOpen: false }, text);
  for (const text of ["'a", 'a "b', "it's"]) assert.equal(parseCommandLine(text).isOpen, true, text);
});

test("a formatted command line parses to the same words", () => {
  const words = ["node", "", " a  b ", "it's", '"q"', "back\\slash", "$(PORT)", "a\nb", "-x=é", "'"];
  assert.deepEqual(parseCommandLine(formatCommandLine(words)), { words, isOpen: false });
  assert.equal(formatCommandLine(["npm", "run", "start:prod"]), "npm run start:prod");
});

test("a deploy request has the words of its command, and no field without effect", () => {
  const form = { ...deploy.emptyForm, image_name: "nginx", service_name: "web" };
  const plain = deploy.toRequest(form, project).body;
  assert.ok(!("command" in plain) && !("args" in plain), "the image's own");
  const { body } = deploy.toRequest({ ...form, command: "sh -c 'a b'", args: "x" }, project);
  assert.deepEqual([body.command, body.args], [["sh", "-c", "a b"], ["x"]]);
  const open = deploy.toRequest({ ...form, args: "it's" }, project);
  assert.deepEqual(open.fieldErrors, [{ field: "args", detail: "has a quote that is not closed" }]);
  const scaled = deploy.toRequest({ ...form, enable_autoscaling: true }, project).body;
  assert.ok(!("replicas" in scaled) && "max_replicas" in scaled);
  const worker = deploy.toRequest({ ...form, service_type: "worker", service_port: "9000" }, project).body;
  assert.ok(!("service_port" in worker));
});

test("a deploy request omits empty fields, converts numbers and keeps stored secrets", () => {
  const form = {
    ...deploy.emptyForm,
    image_name: " nginx ",
    service_name: "web",
    replicas: "many",
    service_port: "",
    env_vars: "A=1",
    secrets: [
      { name: "OLD", value: "", isStored: true },
      { name: "NEW", value: "x", isStored: false },
      { name: "", value: "", isStored: false },
    ],
  };
  const { body, fieldErrors, lineErrors } = deploy.toRequest(form, project);
  assert.deepEqual([fieldErrors, lineErrors], [[], []]);
  assert.equal(body.image_name, "nginx");
  assert.equal(body.container_port, 3000);
  assert.equal(body.replicas as unknown, "many", "the API validates it");
  assert.ok(!("service_port" in body) && !("storage_size" in body) && !("build_id" in body));
  assert.deepEqual(body.env_vars, { A: "1" });
  assert.deepEqual(body.secrets, { OLD: null, NEW: "x" });
  const worker = deploy.toRequest({ ...form, service_type: "worker", custom_domain: "a.example.org" }, project).body;
  assert.equal(worker.exposure_type, "none");
  assert.ok(!("custom_domain" in worker));
});

test("a form filled from a release makes the same request", () => {
  const configuration = {
    service_name: "web",
    replicas: 3,
    exposure_type: "internal",
    enable_autoscaling: false,
    health_check_enabled: false,
    env_vars: { A: "1" },
    secrets: { KEY: null },
    custom_domain: null,
    command: ["sh", "-c", "a 'b'"],
    args: [],
  };
  const release = { configuration, build_id: null, image_name: "nginx:1" } as never;
  const form = deploy.formFromRelease(release);
  const { body } = deploy.toRequest(form, project);
  assert.equal(body.replicas, 3);
  assert.equal(body.exposure_type, "internal");
  assert.deepEqual(body.command, ["sh", "-c", "a 'b'"]);
  assert.ok(!("args" in body));
  assert.equal(body.health_check_enabled, false);
  assert.deepEqual(body.secrets, { KEY: null });
  assert.equal(deploy.withoutSecrets({ ...form, secrets: [{ name: "K", value: "v", isStored: false }] }).secrets[0]?.value, "");
});

test("the difference of two releases names changed fields and masks secrets", () => {
  const release = (image_digest: string | null, configuration: object) =>
    ({ image_name: "nginx:1", image_digest, configuration: { env_vars: {}, secrets: {}, ...configuration } }) as never;
  const from = release("sha256:a", { replicas: 2, command: [], args: ["a b"], storage_size: null, env_vars: { A: "1", B: "2" }, secrets: { KEY: null } });
  const to = release("sha256:b", { replicas: 3, command: ["npm", "start"], args: [], storage_size: "1Gi", env_vars: { A: "1" }, secrets: { NEW: null } });
  assert.deepEqual(diffReleases(from, from), []);
  assert.deepEqual(diffReleases(from, to), [
    { field: "replicas", before: "2", after: "3" },
    { field: "args", before: "'a b'", after: null },
    { field: "image_digest", before: "sha256:a", after: "sha256:b" },
    { field: "env_vars.B", before: "2", after: null },
    { field: "secrets.KEY", before: "••••••", after: null },
    { field: "command", before: null, after: "npm start" },
    { field: "storage_size", before: null, after: "1Gi" },
    { field: "secrets.NEW", before: null, after: "••••••" },
  ]);
});

test("a form filled from a build request makes the same request", () => {
  const previous = {
    project_id: 7,
    repository_url: "https://github.com/acme/shop",
    service_name: "web",
    image_name: "myapp-web",
    branch: "v2",
    context: ".",
    image_tag: "latest",
    build_args: { A: "b c" },
    submodules: false,
    lfs: false,
  };
  for (const source of [
    { has_dockerfile: true, dockerfile_path: "docker/Dockerfile" },
    { has_dockerfile: false, dockerfile_content: "FROM x" },
    { has_dockerfile: false },
    { has_dockerfile: false, submodules: true, lfs: true },
  ]) {
    const form = builds.formFromRequest({ ...previous, ...source });
    assert.ok(builds.hasAdvancedOptions(form));
    const defaults = { has_dockerfile: false, submodules: false, lfs: false };
    assert.deepEqual({ ...defaults, ...builds.toRequest(form, project).body }, { ...previous, ...source });
  }
  const empty = builds.emptyForm(project);
  assert.ok(!builds.hasAdvancedOptions(empty));
  assert.ok(builds.hasAdvancedOptions({ ...empty, submodules: true }) && builds.hasAdvancedOptions({ ...empty, lfs: true }));
  // The platform looks for the Dockerfile in the build context.
  const { body } = builds.toRequest({ ...empty, source: "repository", context: "web" }, project);
  assert.ok(body.has_dockerfile && !("dockerfile_path" in body));
});

test("a form filled from a saved source saves the same source", () => {
  const saved = {
    repository_url: "https://github.com/acme/shop",
    branch: null,
    context: "services/web",
    has_dockerfile: true,
    dockerfile_path: "services/web/Dockerfile",
    image_tag: "latest",
    build_args: { A: "1" },
    submodules: true,
    lfs: false,
  };
  const form = builds.formFromSource(saved as never, "web");
  assert.equal(form.service_name, "web");
  assert.equal(form.branch, "", "the default branch");
  const { body, lineErrors } = builds.toSource(form);
  assert.deepEqual(lineErrors, []);
  assert.deepEqual({ branch: null, lfs: false, ...body }, saved);
  // The list of services leaves the build arguments out.
  const { build_args: _, ...listed } = saved;
  assert.equal(builds.formFromSource(listed as never, "web").build_args, "");
});

test("a form filled from a service that pushes build saves the same service", () => {
  const service = { build_on_push: true, watch_paths: ["services/web", "lib/**/*.ts"] };
  const form = { ...services.withPushes(builds.emptyForm(project), service as never), repository_url: "https://github.com/acme/shop" };
  assert.equal(form.watch_paths, "services/web\nlib/**/*.ts\n");
  const { body } = services.toServiceRequest(form);
  assert.deepEqual({ ...body, ...service }, body);
  assert.deepEqual(services.toServiceRequest({ ...form, watch_paths: " a b \r\n\n" }).body.watch_paths, ["a b"]);
  const off = services.toServiceRequest({ ...form, build_on_push: false }).body;
  assert.ok(!("build_on_push" in off), "the default");
  assert.deepEqual(off.watch_paths, service.watch_paths, "they are kept for later");
  const { body: unchanged } = services.toServiceRequest(services.withPushes(builds.emptyForm(project), null));
  assert.ok(!("build_on_push" in unchanged) && !("watch_paths" in unchanged));
});

test("a form filled from a service with previews saves the same switches, and none without builds on push", () => {
  const service = {
    build_on_push: true,
    watch_paths: [],
    use_config_file: true,
    deploy_on_build: true,
    previews: "deploy",
    preview_base_branches: ["main", "release/2"],
    preview_env_vars: { MODE: "preview", GREETING: " hello " },
    preview_secrets: ["API_KEY"],
  };
  const form = services.withPushes(builds.emptyForm(project), service as never);
  assert.equal(form.preview_base_branches, "main\nrelease/2\n");
  assert.equal(form.preview_env_vars, 'MODE=preview\nGREETING=" hello "\n');
  const { body, lineErrors } = services.toServiceRequest(form);
  assert.deepEqual({ ...body, ...service, watch_paths: undefined }, { ...body, watch_paths: undefined });
  assert.deepEqual(lineErrors, { build_args: [], preview_env_vars: [] });

  const wrong = services.toServiceRequest({ ...form, build_args: "A", preview_env_vars: "A=1\nA=2" });
  assert.deepEqual(wrong.lineErrors, {
    build_args: [{ line: 1, duplicate: null }],
    preview_env_vars: [{ line: 2, duplicate: "A" }],
  });

  const switches = Object.keys(service).filter((name) => name.startsWith("preview"));
  const withoutPreviews = services.toServiceRequest({ ...form, previews: "off", preview_env_vars: "no line" });
  assert.deepEqual(switches.filter((name) => name in withoutPreviews.body), []);
  assert.equal(withoutPreviews.body.deploy_on_build, true);
  assert.deepEqual(withoutPreviews.lineErrors.preview_env_vars, [], "the field is not shown");
  const withoutPushes = services.toServiceRequest({ ...form, build_on_push: false }).body;
  assert.deepEqual([...switches, "build_on_push", "use_config_file", "deploy_on_build"].filter((name) => name in withoutPushes), []);
});

test("fields that come from nokube.toml are known to the forms, while the service uses it", () => {
  const service = {
    use_config_file: true,
    config_file: { commit_sha: "abc", errors: [], build_fields: ["context", "dockerfile_path"], deployment_fields: ["replicas"] },
    source: { repository_url: "https://github.com/acme/shop.git" },
  };
  const url = "https://github.com/acme/shop/blob/abc/nokube.toml";
  assert.equal(fileUrl(service as never, "abc", 3), `${url}#L3`);
  const names = ["context", "dockerfile_path", "source", "has_dockerfile", "dockerfile_path", "dockerfile_content"];
  assert.deepEqual(buildFieldsOfFile(service as never), { names, url });
  assert.deepEqual(deploymentFieldsOfFile(service as never), { names: ["replicas"], url });
  for (const change of [{ use_config_file: false }, { config_file: null }]) {
    assert.equal(buildFieldsOfFile({ ...service, ...change } as never), null);
    assert.equal(deploymentFieldsOfFile({ ...service, ...change } as never), null);
  }
  assert.equal(deploymentFieldsOfFile(null), null);
  const released = { ...deploy.emptyForm, replicas: "9", command: "run", custom_path: "/old", custom_domain: "shop.example.org" };
  const saved = { replicas: 3, custom_path: null, custom_domain: null, cpu_limit: "1" };
  const form = deploy.withConfiguration(released, saved, ["replicas", "custom_path"]);
  assert.deepEqual(form, { ...released, replicas: "3", custom_path: "" });
});

test("what is typed of a repository's address is looked for by its name", () => {
  const table = [
    ["", ""],
    ["https://", ""],
    ["https://git", ""],
    ["https://github.com", ""],
    ["https://github.com/", ""],
    ["https://github.com/acme", "acme"],
    ["https://github.com/acme/shop.git", "acme/shop"],
    ["https://github.com/acme/shop/", "acme/shop"],
    [" shop ", "shop"],
  ] as const;
  for (const [text, query] of table) assert.equal(repositoryQuery(text), query, text);
  assert.ok(isSameRepository("https://github.com/Acme/Shop", " https://github.com/acme/shop"));
});

test("the deploy form's advanced options open if one is set", () => {
  const form = { ...deploy.emptyForm, service_name: "web", container_port: "8080", env_vars: "A=1", replicas: "3" };
  assert.ok(!deploy.hasAdvancedOptions(form));
  // A release has these where the request had none.
  assert.ok(!deploy.hasAdvancedOptions({ ...form, display_name: "web", health_check_port: "8080" }));
  const changes = [
    { display_name: "Shop" },
    { command: "npm start" },
    { service_type: "worker" },
    { health_check_enabled: false },
    { health_check_port: "9000" },
    { storage_size: "1Gi" },
    { enable_autoscaling: true },
  ] as const;
  for (const change of changes) assert.ok(deploy.hasAdvancedOptions({ ...form, ...change }), Object.keys(change)[0]);
});
