import type { FetchOptions, FetchResponse } from "openapi-fetch";
import type { paths } from "./schema.js";

type Method = "get" | "put" | "post" | "delete" | "patch";

type At<M extends Method> = { [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never }[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O extends Record<string | number, any> } ? O : never;

// Where {} fits, nothing is required.
type Init<O> = object extends Pick<FetchOptions<O>, keyof FetchOptions<O> & ("params" | "body")> ? [init?: FetchOptions<O>] : [init: FetchOptions<O>];

type Call<M extends Method> = <P extends At<M>>(
  path: P,
  ...init: Init<Operation<P, M>>
) => Promise<FetchResponse<Operation<P, M>, object, `${string}/${string}`>>;

/**
 * The operations of the contract. openapi-fetch's own type infers what a call is given, and so takes
 * members that the contract does not have.
 */
export interface Calls {
  GET: Call<"get">;
  PUT: Call<"put">;
  POST: Call<"post">;
  DELETE: Call<"delete">;
  PATCH: Call<"patch">;
}
