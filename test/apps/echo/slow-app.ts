// The echo server with methods that take their time, for clients that cancel and for shutdowns under load.

import { methods as echoMethods } from "../../../apps/echo.ts";
import { print } from "../../../apps/lib/index.ts";
import { methodTable, serve } from "../../../apps/rpc/index.ts";
import { type Program, type Routine, routine } from "../../../kernel/syscall.ts";
import { Listen, ListTasks, Sleep } from "../../../syscalls/index.ts";

const hang = routine(function* hang(): Program<never> {
  for (;;) yield* new Sleep(60_000);
});

/** How many tasks the server has: itself, and for each connection its reader, its writer and its requests. */
const tasks = routine(function* tasks(): Program<number> {
  return (yield* new ListTasks()).length;
});

const slowMethods = methodTable({
  hang: () => hang(),
  tasks: () => tasks(),
  nap: (params) => new Sleep((params as [number])[0]), // as it is called in the tests
  rejects: () => Promise.reject(new Error("a secret of ours")),
});

const slow: Routine<[argv: readonly string[]], void> = routine(function* slow() {
  const listener = yield* new Listen({ port: 0 });
  const { address } = listener;
  const where = "port" in address ? `${address.host}:${address.port}` : address.path;
  yield* print(`JSON-RPC 2.0 on ${where} (node machine, strict)`);
  yield* serve(listener, new Map([...echoMethods, ...slowMethods]));
});

export default slow;
