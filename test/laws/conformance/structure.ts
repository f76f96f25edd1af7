// The waits for time, for other tasks' ends, for a place in a group, for lines; and what never waits.

import { Broadcast, lines, Reader } from "../../../apps/lib/index.ts";
import type { Connection } from "../../../kernel/machine/machine.ts";
import type { Program, Syscall, Tid } from "../../../kernel/syscall.ts";
import {
  Every,
  GetTime,
  Group,
  KillTask,
  type Members,
  Monitor,
  NewTask,
  Park,
  Sleep,
  type StartedMember,
  WaitQueue,
} from "../../../syscalls/index.ts";
import type { CheckOptions } from "../../kit/index.ts";
import { sleeper, socketPair } from "../programs.ts";
import { held, type Table } from "./held.ts";

const forever = Number.POSITIVE_INFINITY;

export const structure: Table = {
  "every.next": () =>
    held((every) => every.next(), {
      *setup() {
        const every = new Every(5);
        every.take(yield* new GetTime());
        return every;
      },
      answer: () => {},
    }),
  "lines.next": () =>
    held(({ reader }) => lines(reader).next(), {
      *setup() {
        const { client, server } = yield* socketPair();
        return { client, reader: new Reader(server) };
      },
      answer: sendLine,
      ready: sendLine,
    }),
  "members.spawn in a group that is full": () =>
    held(({ members }) => members.spawn(sleeper([])), { ...grouped(1), answer: leave, ready: leave, personal: true }),
  "members.start": () => held(start, { ...grouped(forever), answer: begin, personal: true }),
  "members.start in a group that is full": () =>
    held(start, {
      ...grouped(1),
      *answer(group: Grouped) {
        yield* leave(group);
        yield* begin(group);
      },
      personal: true,
    }),
  "members.startDaemon in a group that is full": () =>
    held(({ members, starting }) => members.startDaemon((started) => beginning(starting, started)), {
      ...grouped(1),
      answer: begin,
      personal: true,
    }),
  "monitor.next": () => held(({ monitor }) => monitor.next(), { setup: monitored, answer: endOne, ready: endOne }),
};

/** Those that never wait. */
export const instantly: Table = {
  "broadcast.subscribe": () =>
    held((broadcast) => broadcast.subscribe(), {
      *setup() {
        return new Broadcast<string>();
      },
    }),
  "members.cancel": () => held(({ members }) => members.cancel("the check"), grouped(forever)),
  "members.spawn": () => held(({ members }) => members.spawn(sleeper([])), grouped(forever)),
  "members.spawnDaemon": () => held(({ members }) => members.spawnDaemon(sleeper([])), grouped(1)),
  "monitor.add": () =>
    held(({ monitor, tids: [first = 0] }) => monitor.add(first), {
      setup: monitored,
      refused: ({ monitor }) => monitor.add(99),
    }),
};

interface Grouped {
  readonly members: Members;
  /** What says that the members are ready that have not said so yet. */
  readonly starting: Set<() => void>;
}

/** A group that stays open, in a task of its own; one that is limited is full. */
const grouped = (limit: number): CheckOptions<Grouped> => ({
  *setup(): Program<Grouped> {
    const begun = new WaitQueue<Grouped>("wait for", "a group");
    const body = function* (members: Members): Program<void> {
      if (limit < forever) yield* members.spawn(sleeper([]));
      begun.hand({ members, starting: new Set() });
      yield* new Sleep(forever);
    };
    yield* new NewTask(new Group(body, { limit }), "group");
    return yield* new Park(begun);
  },
});

/** The oldest member leaves the group. */
function leave({ members }: Grouped): KillTask {
  return new KillTask(members.tids[0] ?? 0);
}

function start({ members, starting }: Grouped): Syscall<StartedMember<void, string>> {
  return members.start((started) => beginning(starting, started));
}

/** The oldest that has not said that it is ready says so. */
function* begin({ starting }: Grouped): Program<void> {
  while (starting.size === 0) yield; // until its member has begun
  for (const one of starting) return one();
}

function* beginning(starting: Grouped["starting"], started: (value: string) => void): Program<void> {
  const one = (): void => {
    starting.delete(one);
    started("ready");
  };
  starting.add(one);
  try {
    yield* new Sleep(forever);
  } finally {
    starting.delete(one);
  }
}

interface Monitored {
  readonly monitor: Monitor;
  readonly tids: Tid[];
}

/** As many tasks as a check needs ends, watched by the main task. */
function* monitored(): Program<Monitored> {
  const monitor = new Monitor();
  const tids: Tid[] = [];
  for (let count = 0; count < 4; count++) {
    const tid = yield* new NewTask(sleeper([]), "watched");
    yield* monitor.add(tid);
    tids.push(tid);
  }
  return { monitor, tids };
}

function endOne({ tids }: Monitored): KillTask {
  return new KillTask(tids.shift() ?? 0);
}

function sendLine({ client }: { readonly client: Connection }): void {
  client.write(new TextEncoder().encode("a line\n"));
}
