// Which handler answers a request. 404 is for a path that nobody has, 405 for a method that it has not; HEAD is answered
// by what answers GET, OPTIONS by what there is.

import { SyscallError } from "../../../kernel/errors.ts";
import { shown } from "../../../kernel/text.ts";
import { isToken } from "./fields.ts";
import { faultPage, type Handler, type HttpRequest, type HttpResponse } from "./messages.ts";

/** Handlers by what they answer: `"GET /"`, `"POST /echo"`. A path is compared as it comes, without its query. */
export type Routes = Readonly<Record<string, Handler>>;

export class RouteTable {
  readonly #paths = new Map<string, Map<string, Handler>>();

  /** @throws EINVAL for what is not "METHOD /path" */
  constructor(routes: Routes) {
    for (const [route, handler] of Object.entries(routes)) {
      const [method = "", path = "", ...rest] = route.split(" ");
      if (!isToken(method) || !path.startsWith("/") || rest.length > 0) {
        throw new SyscallError("EINVAL", `route ${shown(route)} is none: write it as "GET /path"`);
      }
      const methods = this.#paths.get(path) ?? new Map<string, Handler>();
      this.#paths.set(path, methods.set(method, handler));
    }
  }

  /** The handler of a request, or the response where there is none. */
  find({ method, path, target }: HttpRequest): Handler | HttpResponse {
    if (target === "*") return { status: 204 };
    const methods = this.#paths.get(path);
    if (methods === undefined) return faultPage(404, "There is nothing here.");
    const handler = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined);
    if (handler !== undefined) return handler;
    const allow = allowed(methods);
    if (method === "OPTIONS") return { status: 204, headers: { allow } };
    return faultPage(405, `This can be asked for with ${allow}.`, { allow });
  }
}

function allowed(methods: ReadonlyMap<string, Handler>): string {
  const names = new Set([...methods.keys(), ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"]);
  return [...names].join(", ");
}
