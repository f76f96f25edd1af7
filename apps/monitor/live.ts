// The tasks that keep the viewer fed: one that connects and asks for frames, one that sees to it that no old frame passes
// for a new one, one that sees when a turn does not end, one that does errands. A connection that is lost is made again after 0.25, 0.5, 1 and 2 s, and every 2 s
// after that, the last frame still on the screen with its age.

import { Cancelled, type Program, type Routine, routine, SyscallError } from "../../kernel/syscall.ts";
import { GetTime, Select, Sleep } from "../../syscalls/index.ts";
import { errorCodes } from "../control/protocol.ts";
import type { Stuck } from "../control/records.ts";
import { RpcError } from "../rpc/index.ts";
import { whereOnce } from "./actions/tasks.ts";
import { accept, queryOf } from "./frames.ts";
import { recordFrame } from "./recording.ts";
import { sentence, type Viewer } from "./viewer.ts";

/** Between two attempts to connect, ms. */
const attemptsMs = [250, 500, 1_000, 2_000] as const;
/** As fast as frames come is at most so fast, ms. */
const leastMs = 100;
/** A recording that is not played is looked at again when a key says so, ms. */
const standingMs = 3_600_000;
/** A frame that is so late is missing: the kernel, or the way to it, does not answer, ms. */
const lateMs = 2_000;
/** One that is so late will not come: the connection is made anew, ms. */
const lostMs = 10_000;
/** The age of the last frame is shown again so often, ms. */
const ageMs = 500;
/** What is said makes room again for what is wrong, ms. */
const messageMs = 6_000;
/** While the kernel does not answer it is asked so often, ms. */
const stuckMs = 500;
/** Whether a turn does not end is asked so often, ms. */
const lookMs = 250;

/** Connects, asks for frames until the connection is lost, and begins again; without an end. */
export const watch: Routine<[viewer: Viewer], never> = routine(function* watch(viewer): Program<never> {
  viewer.frameAt = yield* new GetTime();
  for (let attempt = 0; ; attempt++) {
    try {
      viewer.port = yield* viewer.source.connect();
      attempt = 0;
      yield* restore(viewer);
      yield* frames(viewer);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      viewer.now = yield* new GetTime();
      lost(viewer, error);
    } finally {
      viewer.port?.close();
      viewer.port = undefined;
    }
    yield* pause(viewer, attemptsMs[Math.min(attempt, attemptsMs.length - 1)] ?? 0);
  }
});

// What a connection had asked for ends with it.
const restore = routine(function* restore(viewer: Viewer): Program<void> {
  const { pid } = viewer.connected().hello;
  if (viewer.pid !== 0 && viewer.pid !== pid) viewer.forget();
  viewer.pid = pid;
  const { tids, all } = viewer.screen.trace;
  viewer.traceLast = 0;
  if (all || tids.length > 0) yield* viewer.connected().ask("trace", all ? { all } : { tids });
});

const frames = routine(function* frames(viewer: Viewer): Program<never> {
  for (;;) {
    viewer.asked.clear();
    let waitMs = viewer.replay?.isPlaying === false ? standingMs : Math.max(leastMs, viewer.screen.everyMs);
    try {
      const query = queryOf(viewer);
      const frame = yield* viewer.connected().ask("frame", query);
      viewer.now = yield* new GetTime();
      accept(viewer, frame, query);
      whereOnce(viewer);
      yield* recordFrame(viewer);
    } catch (error) {
      if (!(error instanceof RpcError) || error.code === errorCodes.gone) throw error;
      viewer.now = yield* new GetTime();
      if (error.code === errorCodes.notResponding) {
        notResponding(viewer, error.data);
        waitMs = stuckMs;
      } else {
        viewer.say(error.message, "bad");
      }
    }
    viewer.draw();
    const isTime = yield* pause(viewer, waitMs);
    if (isTime) viewer.replay?.play();
  }
});

function notResponding(viewer: Viewer, data: unknown): void {
  const stuck = data as Stuck; // the contract of this error
  viewer.change({ connection: { kind: "stuck", stuck, ageMs: viewer.now - viewer.frameAt } });
}

// The last frame stays, greyed, with its age.
function lost(viewer: Viewer, error: unknown): void {
  const ageMs = viewer.now - viewer.frameAt;
  const why = sentence(error);
  if (viewer.screen.isOwner && viewer.screen.frame !== undefined) {
    viewer.change({ connection: { kind: "gone", ageMs, why } });
    viewer.leave(0);
    return;
  }
  viewer.change({ connection: { kind: isGone(error) ? "gone" : "reconnecting", ageMs, why } });
  viewer.draw();
}

/** Shows how old the last frame is, while none comes, and takes back what was said a while ago; without an end. */
export const watchAge: Routine<[viewer: Viewer], never> = routine(function* watchAge(viewer): Program<never> {
  for (;;) {
    yield* new Sleep(ageMs);
    viewer.now = yield* new GetTime();
    const { connection, everyMs, message } = viewer.screen;
    if (message !== undefined && viewer.now - viewer.saidAt > messageMs) {
      viewer.change({ message: undefined });
      viewer.draw();
    }
    const age = viewer.now - viewer.frameAt;
    if (viewer.replay !== undefined || connection.kind === "connecting" || connection.kind === "frozen") continue;
    if (connection.kind === "live") {
      if (age < everyMs + lateMs) continue;
      viewer.change({ connection: { kind: "reconnecting", ageMs: age, why: "no answer yet" } });
    } else if (connection.kind !== "replay") {
      viewer.change({ connection: { ...connection, ageMs: age } });
      // Whoever waits for the frame gets EPIPE, and connects again.
      if (connection.kind === "reconnecting" && age > everyMs + lostMs) viewer.port?.close();
    }
    viewer.draw();
  }
});

/** Wants a frame at once when a turn does not end, however long it is until the next one is due; without an end. */
export const watchTurns: Routine<[viewer: Viewer], never> = routine(function* watchTurns(viewer): Program<never> {
  for (;;) {
    yield* new Sleep(lookMs);
    if (viewer.replay !== undefined || viewer.screen.connection.kind !== "live") continue;
    try {
      // The guard answers it: the kernel knows nothing of it.
      if ((yield* viewer.connected().ask("stuck", {})) !== null) viewer.ask();
    } catch (error) {
      // Whoever asks for frames sees to it.
      if (error instanceof Cancelled || !(error instanceof RpcError || error instanceof SyscallError)) throw error;
    }
  }
});

// Nobody listens there any more, or no kernel is called so.
function isGone(error: unknown): boolean {
  return error instanceof SyscallError && (error.code === "ECONNREFUSED" || error.code === "ENOENT");
}

// A frame that is wanted at once ends it: false.
const pause = routine(function* pause(viewer: Viewer, ms: number): Program<boolean> {
  const first = yield* new Select({ asked: viewer.asked.wait(), time: new Sleep(ms) });
  return first.key === "time";
});

/** Does the errands, one after the other; without an end. */
export const runErrands: Routine<[viewer: Viewer], never> = routine(function* runErrands(viewer): Program<never> {
  for (;;) {
    const { name, program } = yield* viewer.errands.receive();
    try {
      yield* program();
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      viewer.say(`${name}: ${sentence(error)}`, "bad");
    }
    viewer.draw();
  }
});
