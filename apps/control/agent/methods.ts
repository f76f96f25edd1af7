// The fixed table of what a session can be asked. Each looks at its params before it does anything.

import { SyscallError } from "../../../kernel/syscall.ts";
import { codes, RpcError } from "../../rpc/errors.ts";
import { type Hello, type MethodName, protocolVersion, type SignalName } from "../protocol.ts";
import type { FrameRecord } from "../records.ts";
import { exitText, reniceTasks, signalTasks, startApp } from "./actions.ts";
import { framesOf } from "./detail.ts";
import { maxTid, Params } from "./params.ts";
import { frameQuery } from "./query.ts";
import type { Session } from "./session.ts";

/** Serves one method. @throws RpcError, SyscallError */
export type Serve = (session: Session, params: unknown) => unknown;

/** Tasks that one request is about. */
const maxTids = 1_000;
const maxPath = 4_096;
const maxArguments = 256;
const maxArgument = 32_768;
const maxWhy = 256;
/** Longest wait for an exit, ms: who wants to wait longer asks again. */
const maxWaitMs = 60_000;
/** How long the main task may take when the run is to stop, ms. */
const drainMs = 3_000;

const signals: readonly SignalName[] = ["TERM", "KILL", "INT", "HUP", "USR1", "USR2", "STOP", "CONT"];

function hello({ agent, access }: Session, params: unknown): Hello {
  const version = new Params(params, "hello", ["version"]).integer("version", 1, maxTid);
  if (version !== protocolVersion) {
    const way = "use one version of yieldix on both sides";
    throw new RpcError(
      codes.invalidParams,
      `hello: version ${version} is not spoken here, ${protocolVersion} is: ${way}`,
    );
  }
  const { name, pid } = agent.options;
  return { version: protocolVersion, name, pid, access };
}

function frame(session: Session, params: unknown): unknown {
  const query = frameQuery(params);
  session.view();
  return session.agent.frame(query, session);
}

function where({ agent }: Session, params: unknown): readonly FrameRecord[] | Promise<readonly FrameRecord[]> {
  const given = new Params(params, "where", ["tid", "withLocals"]);
  const tid = given.integer("tid", 1, maxTid);
  const withLocals = given.boolean("withLocals");
  const task = agent.kernel.find(tid);
  if (task === undefined) throw new SyscallError("ESTALE", `task ${tid} has ended: it stands nowhere`);
  return agent.options.locate?.(task, withLocals) ?? framesOf(task);
}

function trace(session: Session, params: unknown): null {
  const given = new Params(params, "trace", ["tids", "all"]);
  const isAll = given.boolean("all");
  const tids = given.tids("tids", maxTids, []);
  if (isAll && tids.length > 0) throw new RpcError(codes.invalidParams, "trace: give tids, or all, and not both");
  session.trace(isAll ? "all" : tids.length > 0 ? tids : undefined);
  return null;
}

function signal({ agent }: Session, params: unknown): unknown {
  const given = new Params(params, "signal", ["tids", "signal"]);
  return signalTasks(agent.kernel, given.tids("tids", maxTids), given.oneOf("signal", signals));
}

function renice({ agent }: Session, params: unknown): unknown {
  const given = new Params(params, "renice", ["tids", "nice"]);
  return reniceTasks(agent.kernel, given.tids("tids", maxTids), given.integer("nice", -20, 19));
}

function reset({ agent: { kernel } }: Session, params: unknown): null {
  const tids = new Params(params, "reset", ["tids"]).tids("tids", maxTids);
  const tasks = tids.flatMap((tid) => kernel.tasks.get(tid) ?? []);
  kernel.watching?.reset(tids.length === 0 ? undefined : tasks);
  return null;
}

function start(session: Session, params: unknown): Promise<{ tid: number }> {
  const given = new Params(params, "start", ["path", "argv", "name"]);
  const path = given.text("path", maxPath);
  const argv = given.texts("argv", maxArguments, maxArgument);
  const name = given.text("name", maxPath, nameOf(path));
  const { kernel, apps, options } = session.agent;
  if (options.load === undefined) throw new SyscallError("ENOTSUP", "nothing can be started on this kernel");
  return startApp(kernel, apps, options.load, { path, argv, name }, () => !session.isClosed);
}

/** "echo" for "apps/echo.ts". */
function nameOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.[mc]?[jt]s$/, "").slice(0, 64) || "app";
}

function exit(session: Session, params: unknown): unknown {
  const given = new Params(params, "exit", ["tid", "waitMs"]);
  const tid = given.integer("tid", 1, maxTid);
  const waitMs = given.integer("waitMs", 0, maxWaitMs, 0);
  const { kernel } = session.agent;
  return session.waiting((told) => exitText(kernel, tid, waitMs, told));
}

function stop({ agent: { kernel, options } }: Session, params: unknown): null {
  const why = new Params(params, "stop", ["why"]).text("why", maxWhy);
  if (options.stop === undefined) kernel.terminate(why, drainMs);
  else options.stop(why);
  return null;
}

// Whoever answers here is not stuck: the guard answers while it is.
function stuck(_session: Session, params: unknown): null {
  new Params(params, "stuck", []);
  return null;
}

const table: Readonly<Record<MethodName, Serve>> = {
  hello,
  frame,
  where,
  trace,
  signal,
  renice,
  reset,
  start,
  exit,
  stop,
  stuck,
};

/** By name; a Map, in which `constructor` is a method of nobody. */
export const methods: ReadonlyMap<string, Serve> = new Map(Object.entries(table));
