// LookUp: names to addresses, by the system's resolver.

import { type Answer, isLiteralAddress, type Kernel, needed, SyscallError, type Task } from "../kernel/syscall.ts";
import { Outside } from "./outside.ts";

/** Characters of a name, as DNS has it (RFC 1035), a dot at the end not counted. */
const maxLength = 253;

/**
 * The addresses of a host, IPv4 and IPv6, in the order in which they should be tried. An address answers at once with
 * itself, on any machine. The resolver cannot be stopped: one that is given up finishes for nobody.
 * @throws ENOTFOUND, EAGAIN (no name server answers just now) and the like; ENAMETOOLONG for a name of more than 253
 * characters, EINVAL for an empty one; ENOTSUP on a machine without a resolver
 *
 * ```ts
 * const [host] = yield* new LookUp("example.org");
 * const connection = yield* new Connect({ host, port: 80 });
 * ```
 */
export class LookUp extends Outside<readonly string[]> {
  readonly verb = "look up";
  readonly name: string;

  constructor(name: string) {
    super();
    if (typeof name !== "string") throw new TypeError(`LookUp needs a name that is text, not ${typeof name}`);
    if (name === "" || name.includes("\0")) {
      throw new SyscallError("EINVAL", `LookUp: ${JSON.stringify(name)} is no name of a host`);
    }
    if (name.replace(/\.$/, "").length > maxLength) {
      throw new SyscallError(
        "ENAMETOOLONG",
        `LookUp: a name of ${name.length} characters, a host's has at most ${maxLength}`,
      );
    }
    this.name = name;
  }

  get object(): string {
    return this.name;
  }

  override get family(): string {
    return "net";
  }

  override handle(task: Task, kernel: Kernel): Answer<readonly string[]> {
    if (isLiteralAddress(this.name)) return [this.name];
    needed(kernel, "lookup");
    return super.handle(task, kernel);
  }

  protected override begin(kernel: Kernel): PromiseLike<readonly string[]> {
    return needed(kernel, "lookup")(this.name);
  }
}
