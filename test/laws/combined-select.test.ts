// One select over everything at once: an item, a lock, a message, a tick, a signal, an end and a sleep. Whatever of these
// comes, alone or in one lap with others and in whichever order, one branch wins, and all others are there afterwards.

import { expect, test } from "vitest";
import {
  CancelTask,
  Channel,
  Every,
  GetTid,
  KillTask,
  Lock,
  NewTask,
  type Program,
  Receive,
  type Routine,
  type Runnable,
  routine,
  Select,
  SendSignal,
  Sleep,
  Tell,
  type Tid,
  WaitSignal,
  WaitTask,
} from "../../apps/index.ts";
import { run } from "../kit/index.ts";

const names = ["item", "lock", "letter", "tick", "signal", "exit", "nap"] as const;
type Name = (typeof names)[number];

/** When all that comes comes. */
const fireMs = 10;
const never = 1_000_000;

class Scene {
  readonly comes: ReadonlySet<Name>;
  readonly channel: Channel<string> = new Channel();
  readonly lock: Lock = new Lock();
  readonly every: Every;
  child: Tid = 0;
  chooser: Tid = 0;
  won: Name | undefined = undefined;

  constructor(comes: readonly Name[]) {
    this.comes = new Set(comes);
    this.every = new Every(this.comes.has("tick") ? fireMs : never);
  }
}

const choose: Routine<[scene: Scene], Name> = routine(function* chooseOne(scene) {
  const { channel, comes, every, lock } = scene;
  const { key } = yield* new Select({
    item: channel.receive(),
    lock: lock.acquire(),
    letter: new Receive(),
    tick: every.next(),
    signal: new WaitSignal("HUP"),
    exit: new WaitTask(scene.child),
    nap: new Sleep(comes.has("nap") ? fireMs : never),
  });
  if (key === "lock") lock.release();
  return key;
});

/** Chooses, and looks later at what has become of the rest. */
function* choosing(scene: Scene): Program<Record<string, boolean | number>> {
  scene.won = yield* choose(scene);
  yield* new Sleep(4.5 * fireMs);
  return yield* rest(scene);
}

function* rest({ channel, child, every, lock }: Scene): Program<Record<string, boolean | number>> {
  // What is not there at once, is not: the last branch is answered in any case.
  const letter = yield* new Select({ letter: new Receive(), none: new GetTid() });
  const signal = yield* new Select({ signal: new WaitSignal("HUP"), none: new GetTid() });
  const exit = yield* new Select({ exit: new WaitTask(child), none: new GetTid() });
  const tick = yield* new Select({ tick: every.next(), none: new GetTid() });
  return {
    item: channel.tryReceive() !== undefined,
    isLockFree: lock.owner === undefined,
    letter: letter.key === "letter",
    missed: tick.key === "tick" ? tick.value : -1,
    signal: signal.key === "signal",
    exit: exit.key === "exit",
  };
}

/** What comes, each made to come by a task of its own. */
function actors(scene: Scene): Partial<Record<Name, Runnable<unknown>>> {
  const { channel, chooser } = scene;
  return {
    item: channel.send("item"),
    letter: new Tell(chooser, "letter"),
    signal: new SendSignal(chooser, "HUP"),
  };
}

function* keeper(scene: Scene): Program<void> {
  yield* scene.lock.acquire();
  yield* new Sleep(scene.comes.has("lock") ? fireMs : 2 * never);
  scene.lock.release();
}

function* later(program: Runnable<unknown>): Program<void> {
  yield* new Sleep(fireMs);
  yield* program as Runnable<void>; // its answer is nobody's
}

/** All of them by one task, in one turn. */
function* inOneTurn(programs: readonly Runnable<unknown>[], order: number): Program<void> {
  yield* new Sleep(fireMs);
  const turned = [...programs.slice(order % programs.length), ...programs.slice(0, order % programs.length)];
  for (const program of turned) yield* new NewTask(program);
}

/** Sets it all up, and lets it come. */
function* staged(scene: Scene, isOneTurn: boolean, order: number): Program<void> {
  yield* new NewTask(keeper(scene), "keeper");
  scene.child = yield* new NewTask(new Sleep(scene.comes.has("exit") ? fireMs : 2 * never), "child");
  yield* new Sleep(0);
  yield* new Sleep(0);
  scene.chooser = yield* new NewTask(choosing(scene), "chooser");
  yield; // it waits first
  yield;
  const coming = Object.entries(actors(scene)).filter(([name]) => scene.comes.has(name as Name)); // its own keys
  const programs = coming.map(([, program]) => program);
  if (isOneTurn && programs.length > 0) yield* new NewTask(inOneTurn(programs, order), "actor");
  else for (const program of programs) yield* new NewTask(later(program), "actor");
}

/** Every set of them but the empty one. */
const sets: Name[][] = Array.from({ length: 2 ** names.length - 1 }, (_, bits) =>
  names.filter((_name, place) => ((bits + 1) >> place) & 1),
);

test("one wins, and everything else that came is there afterwards", () => {
  const winners = new Map<string, number>();
  for (const comes of sets) {
    for (const seed of [1, 2, 3]) {
      const scene = new Scene(comes);
      const { value } = run(
        function* () {
          yield* staged(scene, seed === 3, seed);
          const exit = yield* new WaitTask(scene.chooser);
          return exit.status === "returned" ? exit.value : exit;
        },
        { seed, schedule: "shuffle", quantum: seed === 2 ? 1 : 32 },
      );
      const { won } = scene;
      const isThere = (name: Name): boolean => scene.comes.has(name) && won !== name;
      expect({ comes, seed, won, value }).toEqual({
        comes,
        seed,
        won: expect.toSatisfy((name: Name) => scene.comes.has(name)),
        value: {
          item: isThere("item"),
          isLockFree: scene.comes.has("lock"),
          letter: isThere("letter"),
          // Five ticks by then, or, where another came first, the first of them too.
          missed: scene.comes.has("tick") ? (won === "tick" ? 3 : 4) : -1,
          signal: isThere("signal"),
          exit: scene.comes.has("exit"),
        },
      });
      winners.set(String(won), (winners.get(String(won)) ?? 0) + 1);
    }
  }
  expect([...winners.keys()].sort()).toEqual([...names].sort());
});

test.each([KillTask, CancelTask])(
  "ended in that lap (%o), it takes nothing with it that came for others too",
  (End) => {
    const ways = new Set<string>();
    for (const comes of sets) {
      for (const seed of [1, 2, 3]) {
        const scene = new Scene(comes);
        const { value } = run(
          function* () {
            yield* staged(scene, seed === 3, seed);
            yield* new NewTask(later(new End(scene.chooser, "the test")), "killer");
            const exit = yield* new WaitTask(scene.chooser);
            yield* new Sleep(4.5 * fireMs);
            return { ...(yield* rest(scene)), status: exit.status };
          },
          { seed, schedule: "shuffle", quantum: seed === 2 ? 1 : 32 },
        );
        const { won } = scene;
        ways.add(`${won === undefined ? "before" : "after"} ${value.status}`);
        expect({ comes, seed, value }).toEqual({
          comes,
          seed,
          value: {
            exit: scene.comes.has("exit"),
            status: End === KillTask || won === undefined || value.status === "killed" ? "killed" : "returned",
            item: scene.comes.has("item") && won !== "item",
            isLockFree: scene.comes.has("lock"),
            letter: false, // it was the chooser's alone
            missed: expect.any(Number), // so is the beat
            signal: false,
          },
        });
      }
    }
    expect(ways.size).toBeGreaterThan(1);
  },
);
