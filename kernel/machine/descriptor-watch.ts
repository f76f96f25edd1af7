// Has Node's own loop tell when a descriptor is readable: libuv's uv_poll, called through koffi. Not koffi's own wrapper
// of it (`koffi.node.poll`), for two reasons: when V8 ends what a callback of that one runs, the process aborts; and it
// makes an object of three properties for each call, which nobody reads.
//
// A handle is memory that libuv has a hold of from `uv_poll_init` until its close callback, so it is kept here until then.

import type Koffi from "koffi";
import { SyscallError } from "../errors.ts";
import { atProcessEnd } from "./console.ts";
import type { DescriptorWatch, Memory } from "./libc.ts";

/** UV_POLL of `uv_handle_type`, and UV_READABLE of `uv_poll_event`. */
const pollHandle = 8;
const readableEvent = 1;

/**
 * What koffi has made, for ever: when V8 has ended a callback, Node aborts if a garbage collection then finds something of
 * koffi's before `forgetCut` was called.
 */
const kept: unknown[] = [];

interface Open {
  readonly memory: Memory;
  readonly readable: () => void;
}

type TypeSpec = string | ReturnType<typeof Koffi.pointer>;
type Native = (...args: unknown[]) => number;

/** Gives what `Libc.watch` is. @throws where the process exports no libuv */
export function watcher(
  koffi: typeof Koffi,
  library: ReturnType<typeof Koffi.load>,
  memory: (bytes: number) => Memory,
): (fd: number, readable: () => void) => DescriptorWatch {
  const address = "uintptr_t";
  const pollCallback = koffi.proto(`void yieldix_polled(${address} handle, int status, int events)`);
  const closeCallback = koffi.proto(`void yieldix_closed(${address} handle)`);
  const polled = koffi.pointer(pollCallback);
  const closed = koffi.pointer(closeCallback);
  const native = (name: string, result: string, ...parameters: TypeSpec[]): Native =>
    library.func(name, result, parameters) as Native; // each returns a number, or nothing
  const defaultLoop = native("uv_default_loop", address);
  const handleSize = native("uv_handle_size", address, "int");
  const loop = defaultLoop();
  const handleBytes = handleSize(pollHandle);
  const init = native("uv_poll_init", "int", address, address, "int");
  const start = native("uv_poll_start", "int", address, "int", polled);
  const stop = native("uv_poll_stop", "int", address);
  const close = native("uv_close", "void", address, closed);
  const ref = native("uv_ref", "void", address);
  const unref = native("uv_unref", "void", address);
  kept.push(library, pollCallback, closeCallback, polled, closed, defaultLoop, handleSize);
  const open = new Map<number, Open>();
  const closing = new Map<number, Memory>();
  let onPolled: unknown;
  let onClosed: unknown;

  // With the first one, and for good: a registered function stays for as long as the process.
  function prepare(): void {
    if (onPolled !== undefined) return;
    onPolled = koffi.register((handle: number) => open.get(handle)?.readable(), polled);
    onClosed = koffi.register((handle: number) => closing.delete(handle), closed);
    // While the process ends libuv runs on for a moment, and JavaScript does not.
    atProcessEnd(() => {
      for (const handle of open.keys()) stop(handle);
    });
  }

  return (fd, readable) => {
    prepare();
    const made = memory(handleBytes);
    const handle = made.address;
    const failure = init(loop, handle, fd) || start(handle, readableEvent, onPolled);
    if (failure !== 0) throw new SyscallError("ENOTSUP", `Node's loop cannot watch descriptor ${fd}: ${failure}`);
    open.set(handle, { memory: made, readable });
    let isHeld = false;
    unref(handle);
    return {
      hold: (isToBeHeld) => {
        if (isHeld === isToBeHeld || !open.has(handle)) return;
        isHeld = isToBeHeld;
        if (isHeld) ref(handle);
        else unref(handle);
      },
      close: () => {
        if (!open.delete(handle)) return;
        closing.set(handle, made);
        stop(handle);
        close(handle, onClosed);
      },
    };
  };
}
