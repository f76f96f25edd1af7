// apps/http.ts with tasks that a test starts and ends: `yieldix run test/apps/http/served.ts -- <port of the test> …`. It
// connects to the test, and starts a task for each line that it gets, named by it; "-" before the name ends it.

import http from "../../../apps/http.ts";
import {
  Connect,
  KillTask,
  NewTask,
  type Program,
  Reader,
  readLine,
  routine,
  Sleep,
  type Tid,
} from "../../../apps/index.ts";

const following = routine(function* following(port: number): Program<void> {
  const reader = new Reader(yield* new Connect({ port }));
  const started = new Map<string, Tid>();
  for (let line = yield* readLine(reader); line !== null; line = yield* readLine(reader)) {
    const tid = started.get(line.slice(1));
    if (line.startsWith("-") && tid !== undefined) yield* new KillTask(tid);
    else started.set(line, yield* new NewTask(new Sleep(3_600_000), line));
  }
});

export default routine(function* served(argv: readonly string[]): Program<void> {
  const [port = "", ...rest] = argv;
  yield* new NewTask(following(Number(port)), "following the test");
  yield* http(rest);
});
