// The platform's API, with the types of its contract.
import createClient from "openapi-fetch";
import type { paths } from "./contract";
import { failure } from "./failure";
import { fetchSignedIn } from "./session";

export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: fetchSignedIn });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's content; throws a `Failure` for any that is no success. */
export async function content<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw failure(response, error);
  return data as T;
}
