// Starts a build of a service as it is saved.
import { api, unwrap } from "./client";

/** Returns the build's id. */
export async function startBuild(
  project_id: number,
  service_name: string,
  idempotencyKey: string,
): Promise<string> {
  const body = { project_id, service_name };
  const params = { header: { "Idempotency-Key": idempotencyKey } };
  const { build_id } = await unwrap(api.POST("/api/v1/builds", { body, params }));
  return build_id;
}
