// The API client, typed by the generated OpenAPI contract.
import createClient from "openapi-fetch";
import { withEntityTags } from "./conditional";
import type { paths } from "./contract";
import { errorFromResponse } from "./error";
import { fetchWithSession } from "./session";

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: withEntityTags(fetchWithSession) });

interface ApiResponse<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful response. Throws an `ApiError` for any other status. */
export async function unwrap<T>(request: Promise<ApiResponse<T>>): Promise<T> {
  const { data, error, response } = await request;
  if (!response.ok) throw errorFromResponse(response, error);
  return data as T;
}
