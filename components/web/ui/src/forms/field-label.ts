// The labels of fields of releases and builds, in the words of their forms.
import type { Messages } from "../i18n";
import { lookup } from "../i18n/lookup";

/** `field` as in a deploy request; `env_vars.NAME` and `secrets.NAME` are a single variable or secret. */
export function fieldLabel(field: string, t: Messages): string | undefined {
  const [, variable] = /^env_vars\.(.*)$/s.exec(field) ?? [];
  if (variable !== undefined) return t.deploy.variable(variable);
  const [, secret] = /^secrets\.(.*)$/s.exec(field) ?? [];
  return secret === undefined ? lookup(labels(t), field) : t.deploy.secret(secret);
}

/** The labels of the fields of a build and of a service, in the words of their forms. */
export function buildFieldLabel(field: string, t: Messages): string | undefined {
  const b = t.newBuild;
  const labels: Record<string, string> = {
    repository_url: b.repository,
    branch: b.branch,
    service_name: b.service,
    dockerfile_path: b.dockerfilePath,
    dockerfile_content: b.dockerfileContent,
    build_args: b.args,
    context: b.context,
    image_tag: b.tag,
    submodules: b.submodules,
    lfs: b.lfs,
    build_on_push: t.pushes.enable,
    watch_paths: t.pushes.watchPaths,
    use_config_file: t.configFile.enable,
    deploy_on_build: t.automation.enable,
    previews: t.previews.title,
    preview_base_branches: t.previews.baseBranches,
    preview_env_vars: t.previews.variables,
    preview_secrets: t.previews.secrets,
  };
  return lookup(labels, field);
}

function labels(t: Messages): Record<string, string> {
  const d = t.deploy;
  // Some labels are clear only below the title of their group.
  const inGroup = (group: string, label: string) => `${group}${t.colon} ${label}`;
  return {
    service_name: d.service,
    image_name: d.image,
    image_digest: t.build.digest,
    build_id: t.build.build,
    project_id: t.promotion.project,
    release_of: t.service.deployment,
    command: d.command,
    args: d.args,
    display_name: d.displayName,
    description: d.description,
    service_type: d.type,
    exposure_type: d.exposure,
    custom_domain: d.domain,
    custom_path: d.path,
    enable_https: d.https,
    container_port: d.port,
    service_port: d.servicePort,
    replicas: d.replicas,
    cpu_request: d.cpuRequest,
    cpu_limit: d.cpuLimit,
    memory_request: d.memoryRequest,
    memory_limit: d.memoryLimit,
    env_vars: d.variables,
    secrets: d.secrets,
    storage_size: inGroup(d.storage, d.storageSize),
    storage_path: inGroup(d.storage, d.storagePath),
    enable_autoscaling: d.scaling,
    min_replicas: inGroup(d.scaling, d.minReplicas),
    max_replicas: inGroup(d.scaling, d.maxReplicas),
    target_cpu_percent: inGroup(d.scaling, d.targetCpu),
    health_check_enabled: d.health,
    readiness_check_path: inGroup(d.health, d.readinessPath),
    readiness_initial_delay: inGroup(d.health, d.readinessDelay),
    liveness_check_path: inGroup(d.health, d.livenessPath),
    liveness_initial_delay: inGroup(d.health, d.livenessDelay),
    health_check_port: d.healthPort,
    health_check_period: inGroup(d.health, d.period),
    health_check_timeout: inGroup(d.health, d.timeout),
    health_check_failure_threshold: inGroup(d.health, d.threshold),
  };
}
