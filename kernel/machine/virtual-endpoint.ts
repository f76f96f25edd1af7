// What listeners and connections of the virtual machine share: how readiness reaches a watcher, and what the fault
// plan does to it on the way. No fault loses a wake-up: whatever is held back is told later.

import { SyscallError } from "../errors.ts";
import { Endpoint } from "./endpoint.ts";
import type { Interest } from "./machine.ts";
import type { FaultKind } from "./virtual-faults.ts";
import type { World } from "./virtual-world.ts";

/** One flag for each direction. */
interface Flags {
  read: boolean;
  write: boolean;
}

export abstract class VirtualEndpoint extends Endpoint {
  protected readonly world: World;
  readonly #onRelease: (endpoint: VirtualEndpoint) => void;
  /** Would block, because of a fault, until the event that takes the flag back. */
  readonly #held: Flags = { read: false, write: false };
  /** A delayed event is under way; it will tell of all that happened before. */
  readonly #late: Flags = { read: false, write: false };
  /** A false alarm is under way. */
  readonly #alarm: Flags = { read: false, write: false };

  /** @param onRelease called once when this was closed */
  constructor(world: World, onRelease: (endpoint: VirtualEndpoint) => void) {
    super();
    this.world = world;
    this.#onRelease = onRelease;
  }

  protected override isReady(interest: Interest): boolean {
    return !this.#held[interest] && this.makesProgress(interest);
  }

  protected override release(): void {
    this.finish();
    this.#onRelease(this);
  }

  protected override arm(interest: Interest): void {
    // Never while opening: a false alarm would then look like success, since `check` has nothing to throw yet.
    if (!this.opening && this.world.faults.draws("spuriousReadiness")) this.#raiseLater(interest, "spuriousReadiness");
  }

  protected override rouse(interest: Interest): void {
    if (!this.watched(interest)) return;
    this.world.told();
    super.rouse(interest);
  }

  /** Something happened to this direction: tells its watcher if it is ready, unless the plan wants it told later. */
  protected notice(interest: Interest): void {
    if (!this.watched(interest) || this.#late[interest]) return;
    const { faults } = this.world;
    if (faults.strikes("delayedReadiness")) {
      this.#late[interest] = true;
      this.world.after(this.world.delayMs(), () => {
        this.#late[interest] = false;
        this.signal(interest);
      });
      return;
    }
    this.signal(interest);
    if (faults.draws("duplicatedReadiness")) this.#raiseLater(interest, "duplicatedReadiness");
  }

  /** `notice` in the next poll: for what a call of a task does to another task's watch. */
  protected noticeSoon(interest: Interest): void {
    if (this.watched(interest)) this.world.after(0, () => this.notice(interest));
  }

  /** True when this direction, which is ready, is to look as if it would block. Its readiness is told again later. */
  protected holdsBack(interest: Interest): boolean {
    if (this.#held[interest]) return true;
    if (!this.world.faults.strikes("wouldBlock")) return false;
    this.#held[interest] = true;
    this.world.after(this.world.delayMs(), () => {
      this.#held[interest] = false;
      this.signal(interest);
    });
    return true;
  }

  /** Neither open nor failed yet. */
  protected abstract readonly opening: boolean;
  /** As `isReady`, faults aside. */
  protected abstract makesProgress(interest: Interest): boolean;
  /** Ends this endpoint's part in the network. Called once. */
  protected abstract finish(): void;

  #raiseLater(interest: Interest, kind: FaultKind): void {
    if (this.#alarm[interest]) return;
    this.#alarm[interest] = true;
    this.world.after(this.world.delayMs(), () => {
      this.#alarm[interest] = false;
      if (this.watched(interest) && this.world.faults.hit(kind)) this.rouse(interest);
    });
  }
}

/** The parts of an error that is thrown anew at each call, so that no two tasks share one object. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export function thrown(failure: Failure): SyscallError {
  return new SyscallError(failure.code, failure.message);
}
