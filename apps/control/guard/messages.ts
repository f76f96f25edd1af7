// What the guard's thread and the main thread say to each other. A session is what one connection to the control port has
// on the main thread, from its first question to its end.

import type { MethodName } from "../protocol.ts";
import type { Access, Stuck } from "../records.ts";

/** A port on TCP, of the loopback interface, read-only. */
export interface TcpDoor {
  readonly port: number;
  /** What a client must say before anything else. */
  readonly token: string;
}

/** What the guard is started with. */
export interface GuardData {
  readonly name: string;
  readonly pid: number;
  /** Of its Unix socket. */
  readonly path: string;
  readonly access: Access;
  readonly tcp: TcpDoor | undefined;
  /** See binding.ts. */
  readonly binding: SharedArrayBuffer;
  /** The kernel's; see heartbeat.ts of the kernel. */
  readonly heartbeat: SharedArrayBuffer;
  /** Turns that take longer are ended without being asked, ms. */
  readonly watchdogMs: number | undefined;
}

/** From the guard. */
export type FromGuard =
  /** It listens, in words: a path, host:port. */
  | { readonly kind: "listening"; readonly at: string }
  /** Its Unix socket cannot be had; "trouble" has said why. */
  | { readonly kind: "unopened" }
  /** Something of it does not work. */
  | { readonly kind: "trouble"; readonly text: string }
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly session: number;
      readonly access: Access;
      readonly method: MethodName;
      readonly params: unknown;
    }
  /** Nobody waits for the answer any more: what has not been begun is not done. */
  | { readonly kind: "drop"; readonly id: number }
  | { readonly kind: "close"; readonly session: number }
  /** A second of watching has passed. */
  | { readonly kind: "tick" }
  /** A turn that had not ended for long has ended. */
  | { readonly kind: "unstuck"; readonly stuck: Stuck }
  /** A turn was ended: the kernel is to go on. */
  | { readonly kind: "kick" };

/** What of an RpcError crosses over. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** To the guard: the answer to a question. */
export type ToGuard =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly refusal: Refusal };
