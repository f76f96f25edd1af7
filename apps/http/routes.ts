// What this server answers: the page and its parts, the tasks as JSON and as a stream of events, an echo.

import { type Program, routine } from "../../kernel/syscall.ts";
import { ListTasks } from "../../syscalls/index.ts";
import type { Body, BodyWriter, Headers, HttpRequest, HttpResponse, Routes } from "../lib/http/index.ts";
import type { Event } from "../lib/index.ts";
import { icon, page, script, style } from "./page.ts";
import type { Snapshots } from "./snapshots.ts";

// A page takes nothing from anywhere else, and is in nobody's frame; what it shows of tasks is text to it, never markup.
const guarded: Headers = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Tasks that are made into text at once. */
const slice = 500;

/** @param end when responses that have no end are to end */
export function routesOf(snapshots: Snapshots, end: Event): Routes {
  return {
    "GET /": text("text/html; charset=utf-8", page),
    "GET /icon.svg": text("image/svg+xml", icon),
    "GET /page.js": text("text/javascript; charset=utf-8", script),
    "GET /page.css": text("text/css; charset=utf-8", style),
    "GET /tasks": tasks,
    "GET /events": routine(function* events(): Program<HttpResponse> {
      const feed = (writer: BodyWriter) => snapshots.watch((event) => writer.write(event), end);
      return { headers: { ...guarded, "content-type": "text/event-stream" }, body: feed };
    }),
    "POST /echo": echo,
    "PUT /echo": echo,
  };
}

function text(type: string, body: string) {
  return routine(function* page(): Program<HttpResponse> {
    return { headers: { ...guarded, "content-type": type }, body };
  });
}

const tasks = routine(function* tasks(): Program<HttpResponse> {
  const records = yield* new ListTasks();
  const body = routine(function* listing(writer: BodyWriter): Program<void> {
    for (let at = 0; at < records.length; at += slice) {
      const rows = records.slice(at, at + slice).map((record) => JSON.stringify(record));
      yield* writer.write(`${at === 0 ? "[" : ",\n"}${rows.join(",\n")}`);
    }
    yield* writer.write("]\n");
  });
  return { headers: { ...guarded, "content-type": "application/json" }, body };
});

// The first piece before the answer begins: whoever waits to be told that it may send is told so by that.
const echo = routine(function* echo({ body }: HttpRequest): Program<HttpResponse> {
  const first = yield* body.next();
  const copied = routine(function* copied(writer: BodyWriter): Program<void> {
    for (let piece = first; !piece.done; piece = yield* body.next()) yield* writer.write(piece.value);
  });
  return {
    headers: { ...guarded, "content-type": "application/octet-stream" },
    body: copied,
    ...lengthOf(body),
  };
});

function lengthOf({ length }: Body): { readonly length?: number } {
  return length === undefined ? {} : { length };
}
