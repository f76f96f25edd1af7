// A control port for a command, which asks once and is done: it waits while a long turn may yet end by itself, where a
// monitor, which asks again anyway, wants to know of that at once. What changes something is asked once: it may have been done.

import { type Call, type Program, routine } from "../../kernel/syscall.ts";
import { Sleep } from "../../syscalls/index.ts";
import { type ControlPort, errorCodes, type MethodName, type Methods } from "../control/protocol.ts";
import type { Stuck } from "../control/records.ts";
import { RpcError } from "../rpc/errors.ts";

/** How long a turn may be under way before the kernel is given up, ms. */
const patienceMs = 2_000;
/** Between two tries, ms. */
const againMs = 100;

const looking: ReadonlySet<MethodName> = new Set(["frame", "where"]);

export class PatientPort implements ControlPort {
  readonly #port: ControlPort;

  constructor(port: ControlPort) {
    this.#port = port;
  }

  /** @throws RpcError as the port does; `notResponding` of what only looks when a turn is older than 2 s */
  ask<M extends MethodName>(method: M, params: Methods[M]["params"]): Call<Methods[M]["result"]> {
    if (!looking.has(method)) return this.#port.ask(method, params);
    return PatientPort.#askAgain(() => this.#port.ask(method, params)) as Call<Methods[M]["result"]>; // what that gives
  }

  static readonly #askAgain = routine(function* askAgain(ask: () => Call<unknown>): Program<unknown> {
    for (;;) {
      try {
        return yield* ask();
      } catch (error) {
        if (!mayEnd(error)) throw error;
      }
      yield* new Sleep(againMs);
    }
  });
}

function mayEnd(error: unknown): boolean {
  if (!(error instanceof RpcError) || error.code !== errorCodes.notResponding) return false;
  return (error.data as Stuck).forMs < patienceMs; // by the contract of that code
}
