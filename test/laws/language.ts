// A small command language of everything that can end a task or a part of it: random programs are written in it, run
// by the kernel, and predicted by the model. Tasks are numbered; each is spawned once at most.

import { type Call, type Exit, type Program, routine, type Tid } from "../../kernel/syscall.ts";
import { CancelTask, KillTask, NewTask, Sleep, Timeout, WaitTask } from "../../syscalls/index.ts";
import { codeText } from "./programs.ts";

export type Command =
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "yield" }
  | { readonly do: "raise" }
  | { readonly do: "return" }
  | { readonly do: "spawn" | "kill" | "cancel" | "wait"; readonly id: number }
  | { readonly do: "call"; readonly body: Body }
  | { readonly do: "timeout"; readonly ms: number; readonly body: Body }
  | { readonly do: "finally"; readonly body: Body; readonly after: Body }
  | { readonly do: "catch"; readonly body: Body; readonly after: Body };

export type Body = readonly Command[];

/** What each task does, by its number; 0 is the main task. */
export type Script = readonly Body[];

/** How a task ended, in one line: "returned", "threw ETIMEDOUT", "killed by 3". */
export type Ends = Map<number, string>;

export function endText(exit: Exit): string {
  if (exit.status === "returned") return "returned";
  return exit.status === "threw" ? `threw ${codeText(exit.error)}` : `killed by ${exit.by}`;
}

/** What `raise` throws. */
export class Raised extends Error {}

/** The tids of the tasks that have been spawned, by their numbers. */
export type Tids = Map<number, Tid>;

/** The program of a script's main task. */
export function play(script: Script, tids: Tids): Program<void> {
  tids.set(0, 1 as Tid); // the main task's, always
  return playing(script, tids, script[0] ?? []);
}

function* playing(script: Script, tids: Tids, body: Body): Program<void> {
  yield* block(script, tids, body);
}

// True when it was left by `return`. A frame of its own, so that each `finally` is a frame's own too.
const block: (script: Script, tids: Tids, body: Body) => Call<boolean> = routine(
  function* block(script, tids, body): Program<boolean> {
    for (const command of body) {
      if (command.do === "return") return true;
      if (command.do === "raise") throw new Raised("raised");
      if (command.do === "yield") yield;
      else if (command.do === "sleep") yield* new Sleep(command.ms);
      else if ("id" in command) yield* aboutTask(script, tids, command);
      else if (command.do === "call") yield* inFrame(script, tids, command.body);
      else if (command.do === "timeout") yield* new Timeout(command.ms, inFrame(script, tids, command.body));
      else if (command.do === "finally") {
        try {
          if (yield* inFrame(script, tids, command.body)) return true;
        } finally {
          yield* inFrame(script, tids, command.after);
        }
      } else {
        try {
          if (yield* inFrame(script, tids, command.body)) return true;
        } catch {
          yield* inFrame(script, tids, command.after);
        }
      }
    }
    return false;
  },
);

// Not called by its own name inside itself: there that is the generator function, and calling it plain delegation.
function inFrame(script: Script, tids: Tids, body: Body): Call<boolean> {
  return block(script, tids, body);
}

function* aboutTask(script: Script, tids: Tids, command: Command & { readonly id: number }): Program<void> {
  const tid = tids.get(command.id);
  if (command.do === "spawn") {
    if (tid !== undefined) return;
    const body = script[command.id] ?? [];
    tids.set(command.id, yield* new NewTask(playing(script, tids, body)));
  } else if (tid === undefined) return;
  else if (command.do === "kill") yield* new KillTask(tid);
  else if (command.do === "cancel") yield* new CancelTask(tid);
  else yield* new WaitTask(tid);
}
