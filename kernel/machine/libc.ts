// The system calls of the epoll machine, called from TypeScript through koffi: no compiler on the user's machine. koffi
// is an optional dependency; `loadLibc` throws ENOTSUP with the reason where it, or this platform, will not do.
//
// Memory safety. The system gets addresses as plain numbers, so nothing but this rule keeps memory alive while it is
// used: every address belongs to a `Memory`, every Memory to an object that outlives the calls made with it, and every
// call here returns before the memory can be let go (none of them is asynchronous). A Memory is never on V8's heap,
// so a garbage collection does not move it.

import { createRequire } from "node:module";
import { constants } from "node:os";
import { arch, platform } from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";
import type Koffi from "koffi";
import { type ErrorCode, SyscallError } from "../errors.ts";
import { watcher } from "./descriptor-watch.ts";

/** Bytes at an address that stays as long as the object does. */
export interface Memory {
  readonly bytes: Buffer;
  readonly address: number;
}

/** Tells when a descriptor is readable, from Node's own loop. */
export interface DescriptorWatch {
  /** Whether it keeps the process alive; at first it does not. */
  hold(isHeld: boolean): void;
  /** Gives it back; before the descriptor is closed. */
  close(): void;
}

/** Where the kernel puts what into a `struct epoll_event`, in 32-bit words. Packed on x86-64, and only there. */
export interface EventLayout {
  readonly words: number;
  readonly dataWord: number;
}

type Call<A extends readonly unknown[]> = (...args: A) => number;

/** Each returns what C's does; -1: failed, and `errno` says why. Addresses and lengths are numbers. */
export interface Libc {
  readonly eventLayout: EventLayout;
  readonly epollCreate1: Call<[flags: number]>;
  readonly epollCtl: Call<[epoll: number, operation: number, fd: number, event: number]>;
  readonly epollWait: Call<[epoll: number, events: number, most: number, timeoutMs: number]>;
  readonly socket: Call<[family: number, type: number, protocol: number]>;
  readonly bind: Call<[fd: number, address: number, length: number]>;
  readonly listen: Call<[fd: number, backlog: number]>;
  readonly accept4: Call<[fd: number, address: number, length: number, flags: number]>;
  readonly connect: Call<[fd: number, address: number, length: number]>;
  readonly recv: Call<[fd: number, address: number, length: number, flags: number]>;
  readonly send: Call<[fd: number, address: number, length: number, flags: number]>;
  /** `recv` into an array that is no Memory: somewhat slower. */
  readonly recvInto: Call<[fd: number, bytes: Uint8Array, length: number, flags: number]>;
  /** `send` from an array that is no Memory: somewhat slower. */
  readonly sendFrom: Call<[fd: number, bytes: Uint8Array, length: number, flags: number]>;
  readonly poll: Call<[descriptors: number, count: number, timeoutMs: number]>;
  readonly shutdown: Call<[fd: number, how: number]>;
  readonly close: Call<[fd: number]>;
  readonly eventfd: Call<[count: number, flags: number]>;
  readonly write: Call<[fd: number, address: number, length: number]>;
  readonly getsockname: Call<[fd: number, address: number, length: number]>;
  readonly getsockopt: Call<[fd: number, level: number, option: number, value: number, length: number]>;
  readonly setsockopt: Call<[fd: number, level: number, option: number, value: number, length: number]>;
  readonly inetPton: Call<[family: number, text: string, address: number]>;
  readonly ifNametoindex: Call<[name: string]>;
  /** Why the latest call failed, as a code: "EAGAIN". */
  errno(): ErrorCode;
  /** The code of an error number. */
  errorName(errno: number): ErrorCode;
  memory(size: number): Memory;
  /**
   * Calls back from Node's loop, outside every JavaScript frame, for as long as the descriptor is readable. What it calls
   * must not throw. Afterwards Node runs neither microtasks nor what `nextTick` was given. Throws ENOMEM and the like.
   */
  watch(fd: number, readable: () => void): DescriptorWatch;
  /**
   * To be called once, before callbacks may be cut off: from then until `forgetCut` Node aborts when a garbage collection
   * finds something of koffi's, and what it has left behind when it was loaded is collected now.
   */
  prepareCut(): void;
  /** Forgets that a callback was cut off: the next call, whoever made it, would throw `null`. */
  forgetCut(): void;
}

let loaded: Libc | undefined;

/**
 * The process's C library; one for all machines.
 * @throws ENOTSUP with the reason: not Linux, not x86-64 or arm64, a worker thread, koffi is missing or does not load
 */
export function loadLibc(): Libc {
  if (platform !== "linux") throw unsupported(`it is of Linux, and this is ${platform}`);
  if (arch !== "x64" && arch !== "arm64") throw unsupported(`its memory layout on ${arch} is not known`);
  // Its readiness is told by the main thread's event loop.
  if (!isMainThread) throw unsupported("this is a worker thread");
  loaded ??= bindings(loadKoffi());
  return loaded;
}

function loadKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as typeof Koffi; // that is the type of koffi's module
  } catch (cause) {
    throw unsupported("the package koffi, which calls it, is not installed or does not load here", cause);
  }
}

function bindings(koffi: typeof Koffi): Libc {
  try {
    return bind(koffi);
  } catch (cause) {
    throw unsupported("the C library of this process lacks what it needs", cause);
  }
}

function bind(koffi: typeof Koffi): Libc {
  // The process itself: finds the C library, glibc or musl, that Node runs on.
  const library = koffi.load(null);
  const address = "uintptr_t";
  const size = "uintptr_t";
  const call = (name: string, result: string, ...parameters: string[]) => library.func(name, result, parameters);
  const memory = (bytes: number): Memory => {
    const made = Buffer.allocUnsafeSlow(bytes);
    return { bytes: made, address: Number(koffi.address(made)) };
  };
  const getpid = call("getpid", "int");
  return {
    eventLayout: arch === "x64" ? { words: 3, dataWord: 1 } : { words: 4, dataWord: 2 },
    epollCreate1: call("epoll_create1", "int", "int"),
    epollCtl: call("epoll_ctl", "int", "int", "int", "int", address),
    epollWait: call("epoll_wait", "int", "int", address, "int", "int"),
    socket: call("socket", "int", "int", "int", "int"),
    bind: call("bind", "int", "int", address, "uint32_t"),
    listen: call("listen", "int", "int", "int"),
    accept4: call("accept4", "int", "int", address, address, "int"),
    connect: call("connect", "int", "int", address, "uint32_t"),
    recv: call("recv", "intptr_t", "int", address, size, "int"),
    send: call("send", "intptr_t", "int", address, size, "int"),
    recvInto: call("recv", "intptr_t", "int", "void*", size, "int"),
    sendFrom: call("send", "intptr_t", "int", "const void*", size, "int"),
    poll: call("poll", "int", address, "unsigned long", "int"),
    shutdown: call("shutdown", "int", "int", "int"),
    close: call("close", "int", "int"),
    eventfd: call("eventfd", "int", "unsigned int", "int"),
    write: call("write", "intptr_t", "int", address, size),
    getsockname: call("getsockname", "int", "int", address, address),
    getsockopt: call("getsockopt", "int", "int", "int", "int", address, address),
    setsockopt: call("setsockopt", "int", "int", "int", "int", address, "uint32_t"),
    inetPton: call("inet_pton", "int", "int", "str", address),
    ifNametoindex: call("if_nametoindex", "uint32_t", "str"),
    errno: () => errorName(koffi.errno()),
    errorName,
    memory,
    watch: watcher(koffi, library, memory),
    prepareCut: () => {
      setFlagsFromString("--expose-gc");
      const collect: () => void = runInNewContext("gc");
      setFlagsFromString("--no-expose-gc");
      collect();
    },
    forgetCut: () => {
      try {
        getpid();
      } catch (cut) {
        if (cut !== null) throw cut;
      }
    },
  };
}

/** Every number that Node has a name for; "E133" for another. */
const names: ReadonlyMap<number, ErrorCode> = new Map(
  // Backwards, so that of two names for one number the first holds: EAGAIN, not EWOULDBLOCK.
  Object.entries(constants.errno)
    .reverse()
    .map(([name, errno]) => [errno, name]),
);

function errorName(errno: number): ErrorCode {
  return names.get(errno) ?? `E${errno}`;
}

function unsupported(reason: string, cause?: unknown): SyscallError {
  return new SyscallError("ENOTSUP", `the epoll machine cannot run here: ${reason}`, { cause });
}
