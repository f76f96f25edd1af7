// What a frame is asked with, from what came in: every member looked at.

import type { FrameQuery, LogQuery, TaskQuery, TraceQuery } from "../protocol.ts";
import { maxTid, Params } from "./params.ts";

const maxRows = 10_000;
const maxSeq = Number.MAX_SAFE_INTEGER;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws RpcError -32602 that names the parameter */
export function frameQuery(params: unknown): FrameQuery {
  const given = new Params(params, "frame", [
    "tasks",
    "detail",
    "trace",
    "syscalls",
    "endpoints",
    "log",
    "apps",
    "graph",
  ]);
  const query: Mutable<FrameQuery> = {};
  const tasks = given.part("tasks", taskParams);
  if (tasks !== undefined) query.tasks = taskQuery(tasks);
  if (given.get("detail") !== undefined) query.detail = given.integer("detail", 1, maxTid);
  const trace = given.part("trace", ["tids", "after", "limit"]);
  if (trace !== undefined) query.trace = traceQuery(trace);
  const syscalls = given.part("syscalls", ["sort", "isInverted"]);
  if (syscalls !== undefined) {
    query.syscalls = { sort: syscalls.text("sort", 64, "calls"), isInverted: syscalls.boolean("isInverted") };
  }
  const endpoints = given.part("endpoints", ["tid", "offset", "limit"]);
  if (endpoints !== undefined) {
    query.endpoints = {
      ...(endpoints.get("tid") === undefined ? {} : { tid: endpoints.integer("tid", 1, maxTid) }),
      offset: endpoints.integer("offset", 0, maxSeq, 0),
      limit: endpoints.integer("limit", 0, maxRows, 100),
    };
  }
  const log = given.part("log", ["tid", "app", "after", "limit"]);
  if (log !== undefined) query.log = logQuery(log);
  if (given.boolean("apps")) query.apps = true;
  if (given.boolean("graph")) query.graph = true;
  return query;
}

const taskParams = [
  "sort",
  "isInverted",
  "filter",
  "offset",
  "limit",
  "cursor",
  "isPinned",
  "withFinished",
  "shape",
  "folded",
];

function taskQuery(given: Params): TaskQuery {
  const shape = given.oneOf("shape", ["flat", "tree", "waits", "sites"], "flat");
  return {
    ...(given.get("sort") === undefined ? {} : { sort: given.text("sort", 64) }),
    isInverted: given.boolean("isInverted"),
    filter: given.text("filter", 1_024, ""),
    offset: given.integer("offset", 0, maxSeq, 0),
    limit: given.integer("limit", 0, maxRows, 100),
    ...(given.get("cursor") === undefined ? {} : { cursor: given.integer("cursor", 1, maxTid) }),
    isPinned: given.boolean("isPinned"),
    withFinished: given.boolean("withFinished"),
    shape,
    folded: given.tids("folded", maxRows, []),
  };
}

function traceQuery(given: Params): TraceQuery {
  return {
    tids: given.tids("tids", 1_000),
    after: given.integer("after", 0, maxSeq, 0),
    limit: given.integer("limit", 0, maxRows, 100),
  };
}

function logQuery(given: Params): LogQuery {
  return {
    ...(given.get("tid") === undefined ? {} : { tid: given.integer("tid", 0, maxTid) }),
    ...(given.get("app") === undefined ? {} : { app: given.integer("app", 0, maxTid) }),
    ...(given.get("after") === undefined ? {} : { after: given.integer("after", 0, maxSeq) }),
    limit: given.integer("limit", 0, maxRows, 100),
  };
}
