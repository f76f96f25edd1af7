// Ping-pong and the ring: who goes on first with each preference, and a token that comes home. On simulated time; and
// once as a real process with 100,000 tasks.

import { describe, expect, test } from "vitest";
import pingPong from "../../apps/ping-pong.ts";
import { routine } from "../../kernel/syscall.ts";
import { ListTasks, NewTask, Sleep } from "../../syscalls/index.ts";
import { run, runExit } from "../kit/index.ts";
import { root, yieldix } from "./cli/command.ts";
import { LaunchedApp } from "./launched-app.ts";

function printed(argv: readonly string[], seed = 1): string {
  return run(pingPong(argv), { seed, schedule: "shuffle" }).machine.stdout.text;
}

/** Who did what, line by line: "1 ping sent". */
function moves(text: string): string[] {
  return [...text.matchAll(/^ +(\d+) {2}(\w*) +(\w*)$|^ +(\d+) {2}(\w+)$/gm)].map(([, round, , pong, only, ping]) =>
    only === undefined ? `${round} pong ${pong}` : `${only} ping ${ping}`,
  );
}

describe("who goes on first when ping sends to pong, which waits, and takes from pong, which waits to send", () => {
  test.each([
    ["receiver", ["pong received", "ping sent", "ping received", "pong sent"]],
    ["sender", ["ping sent", "pong received", "pong sent", "ping received"]],
    ["none", ["ping sent", "pong received", "ping received", "pong sent"]],
  ])("preference %s", (preference, order) => {
    const argv = ["--preference", preference, "--rounds", "3"];
    const expected = [1, 2, 3].flatMap((round) => order.map((move) => `${round} ${move}`));
    expect(moves(run(pingPong(argv)).machine.stdout.text)).toEqual(expected);
  });

  test("as in Stackless, the receiver is preferred unless it is said otherwise", () => {
    expect(printed([])).toContain("preference receiver: the receiver goes on first");
    expect(printed([])).toEqual(printed(["--preference", "receiver", "--rounds", "3"]));
  });
});

test("a player waits by name, on a channel by name", () => {
  const waits = routine(function* look() {
    yield* new NewTask(pingPong(["--pause", "1000"]), "game");
    yield* new Sleep(500);
    return (yield* new ListTasks()).map(({ name, verb, object }) => `${name}: ${verb} ${object}`);
  });
  const { value } = run(waits());
  expect(value).toContain("ping: sleep 1000 ms");
  expect(value).toContain("pong: receive from channel there");
});

describe("the ring", () => {
  test.each([
    ["1", "1", 1],
    ["2", "3", 6],
    ["1000", "5", 5_000],
  ])("of %s tasks: %s laps are %i hops, in any order of turns", (tasks, laps, hops) => {
    for (const seed of [1, 2, 3]) {
      const finished = run(pingPong(["--ring", tasks, "--laps", laps]), { seed, schedule: "shuffle", checkEvery: 100 });
      expect(finished.machine.stdout.text).toContain(`\n${hops} hops in ${laps} lap`);
      expect(finished.counters.spawned).toBe(1 + Number(tasks));
      expect(finished.kernel.tasks.size).toBe(0);
    }
  });

  test("of 100,000 tasks in a real process passes its token, and ends with code 0", async () => {
    const { code, out } = await yieldix(["run", "apps/ping-pong.ts", "--", "--ring", "100000"], root);
    expect(out).toMatch(/^a ring of 100000 tasks, made in [\d.]+ ms\n100000 hops in 1 lap: [\d.]+ ms, \d+ hops\/s\n$/);
    expect(code).toBe(0);
  });

  test("of 20,000 tasks is over soon after a SIGTERM, with code 0", async () => {
    const app = new LaunchedApp("apps/ping-pong.ts", ["--ring", "20000", "--laps", "1000000000"]);
    await app.wrote(/a ring of 20000 tasks/);
    expect(await app.stop()).toEqual({ code: 0, signal: null });
  });
});

test.each([
  ["--preference both", /--preference "both" is not receiver, sender or none/],
  ["--rounds 0", /--rounds "0" is not a whole number from 1/],
  ["--ring 500001", /--ring "500001" is not a whole number from 1 to 500000/],
  ["--laps -1", /laps/],
  ["--speed 3", /'--speed'/],
  ["there", /there/],
])("it refuses %s, and says how it is used", (args, message) => {
  const { outcome } = runExit(pingPong(args.split(" ")));
  expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
  const { message: said } = (outcome as { error: Error }).error; // as just seen
  expect(said).toMatch(message);
  expect(said).toContain("usage: yieldix run apps/ping-pong.ts");
});
