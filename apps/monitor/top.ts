// The viewer as a program: four tasks, for what the user does, for frames, for their age and for errands, until one leaves. It runs on
// a kernel of its own, and knows neither a terminal nor a socket: it is given what it draws on and where frames come from.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Group } from "../../syscalls/index.ts";
import { Channel } from "../lib/index.ts";
import { dispatch } from "./dispatch.ts";
import { runErrands, watch, watchAge, watchTurns } from "./live.ts";
import type { InputEvent } from "./screen/input.ts";
import type { Viewer } from "./viewer.ts";

/** What the user does, and that the screen has another size. */
export type TopEvent = InputEvent | { readonly kind: "resize" };

const maxEvents = 1_024;

/** Makes the channel that events come through; whoever reads the terminal sends to it from outside. */
export function topEvents(): Channel<TopEvent> {
  return new Channel<TopEvent>({ name: "events", capacity: maxEvents });
}

/** Shows a kernel until the user leaves. @returns the exit code: 0 left, 1 left when the kernel had gone */
export const top: Routine<[viewer: Viewer, events: Channel<TopEvent>], number> = routine(function* top(viewer, events) {
  viewer.draw();
  yield* new Group(function* (members): Program<void> {
    yield* members.spawnDaemon(watch(viewer), "frames");
    yield* members.spawnDaemon(watchAge(viewer), "age");
    yield* members.spawnDaemon(watchTurns(viewer), "turns");
    yield* members.spawnDaemon(runErrands(viewer), "errands");
    yield* members.spawnDaemon(input(viewer, events), "input");
    yield* viewer.left.wait();
  });
  return viewer.exitCode;
});

const input = routine(function* input(viewer: Viewer, events: Channel<TopEvent>): Program<void> {
  for (let event = yield* events.next(); !event.done; event = yield* events.next()) {
    dispatch(viewer, event.value);
    // What has come meanwhile is drawn with it.
    if (events.size === 0) viewer.draw();
  }
});
