// How long a command waits for a kernel in a long turn, on simulated time: the port behind it is in such a turn.

import { expect, test } from "vitest";
import { PatientPort } from "../../../apps/cli/patient-port.ts";
import { type ControlPort, errorCodes } from "../../../apps/control/protocol.ts";
import { RpcError } from "../../../apps/rpc/errors.ts";
import { type Program, routine } from "../../../kernel/syscall.ts";
import { GetTime } from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";

/** A kernel in a turn that is so old, ms, and ends in so many: its port, and how often it was asked. */
function inTurn(age: number, endsInMs: number): { readonly port: ControlPort; readonly asked: () => number } {
  let asked = 0;
  const answer = routine(function* answer(): Program<unknown> {
    asked++;
    const now = yield* new GetTime();
    if (now >= endsInMs) return "answered";
    const stuck = { tid: 2, name: "parser", forMs: age + now, stack: [] };
    throw new RpcError(errorCodes.notResponding, "it does not yield", stuck);
  });
  return { port: { ask: () => answer() as never }, asked: () => asked };
}

test("what only looks waits for a turn that ends", () => {
  run(function* () {
    const { port } = inTurn(400, 1_500);
    expect(yield* new PatientPort(port).ask("frame", {})).toBe("answered");
    expect(yield* new GetTime()).toBeCloseTo(1_500, 0);
  });
});

test("a turn that is 2 s old is not waited for any longer", () => {
  run(function* () {
    const { port } = inTurn(400, 60_000);
    let error: unknown;
    try {
      yield* new PatientPort(port).ask("where", { tid: 1 });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: errorCodes.notResponding, data: { forMs: expect.closeTo(2_000, 0) } });
    expect(yield* new GetTime()).toBeCloseTo(1_600, 0);
  });
});

test("what changes something is asked once", () => {
  run(function* () {
    const { port, asked } = inTurn(400, 1_500);
    let error: unknown;
    try {
      yield* new PatientPort(port).ask("start", { path: "app.ts", argv: [] });
    } catch (thrown) {
      error = thrown;
    }
    expect([error, asked()]).toEqual([expect.any(RpcError), 1]);
  });
});
