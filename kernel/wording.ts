// Syscalls, answers and errors in a few words, for a trace: "KillTask(99)", "= 32", "= ESRCH no task has …". All of it is
// bounded, and none of it can hurt: the objects are the programs' own, with getters that throw and Proxies among them.

import { SyscallError } from "./errors.ts";
import { isGenerator } from "./generator.ts";
import { RoutineCall, type Syscall } from "./syscall.ts";
import { shown, truncated } from "./text.ts";

const maxLength = 200;
const maxPart = 64;
/** Of the fields of an object, and of its lists. */
const maxParts = 6;

/** What a wait says of itself for other readers than this. */
const unsaid: ReadonlySet<string> = new Set(["verb", "object", "outside", "bounded", "yieldix.exchange"]);

/** A syscall: its class, and what it is about: its own words, its public fields, or what it says as a wait. */
export function syscallText(syscall: Syscall<unknown>): string {
  const name = safely(() => syscall.constructor.name) || "(a syscall)";
  return truncated(`${name}(${safely(() => aboutText(syscall))})`, maxLength);
}

function aboutText(syscall: Syscall<unknown>): string {
  if (syscall.describe !== undefined) return String(syscall.describe());
  const fields = Object.keys(syscall).filter((key) => !unsaid.has(key));
  const values = fields.map((key) => (syscall as unknown as Record<string, unknown>)[key]); // its own keys
  const said = values.filter((value) => value !== undefined).slice(0, maxParts);
  if (said.length > 0) return said.map(valueText).join(", ");
  const { object } = syscall as { object?: unknown }; // a syscall that is its own wait has one
  return typeof object === "string" ? object : "";
}

/** What a syscall was answered with. */
export function answerText(answer: unknown): string {
  return truncated(`= ${answer === undefined ? "ok" : valueText(answer)}`, maxLength);
}

/** What was thrown at it. */
export function failureText(error: unknown): string {
  return truncated(`= ${safely(() => errorText(error))}`, maxLength);
}

function errorText(error: unknown): string {
  if (error instanceof SyscallError) return `${error.code} ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${valueText(error)}`;
}

/** A value of any kind, in at most 64 characters. */
export function valueText(value: unknown): string {
  return truncated(safely(() => plainText(value)) || "?", maxPart);
}

function plainText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(truncated(value, maxPart));
  if (typeof value === "function") return value.name || "a function";
  if (typeof value !== "object" || value === null) return shown(value);
  if (value instanceof RoutineCall) return value.label;
  if (isGenerator(value)) return "a generator";
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return listText(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return namedText(value);
}

function listText(list: readonly unknown[]): string {
  const isShort = list.length <= maxParts && list.every((one) => typeof one === "number" || typeof one === "string");
  return isShort ? `[${list.map(valueText).join(", ")}]` : `[${list.length} items]`;
}

// By what it calls itself, as endpoints, tasks and apps do; else by its fields if it is plain, else by its class.
function namedText(value: object): string {
  const { label, name } = value as { label?: unknown; name?: unknown }; // any object
  for (const word of [label, name]) if (typeof word === "string" && word !== "") return word;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return String(value.constructor.name);
  const fields = Object.entries(value).slice(0, maxParts).map(fieldText);
  return `{${fields.join(", ")}}`;
}

function fieldText([key, value]: [string, unknown]): string {
  return typeof value === "object" && value !== null ? key : `${key}: ${plainText(value)}`;
}

function safely(say: () => string): string {
  try {
    return say();
  } catch {
    return ""; // a getter or a Proxy that throws: that is all there is to say
  }
}
