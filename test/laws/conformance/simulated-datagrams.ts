// A UDP socket to which nothing comes, and which sends everything nowhere.

import type { DatagramAddress, Datagrams } from "../../../kernel/machine/datagrams.ts";
import { Endpoint } from "../../../kernel/machine/endpoint.ts";
import type { Interest } from "../../../kernel/machine/machine.ts";

export class SimulatedDatagrams extends Endpoint implements Datagrams {
  readonly address: DatagramAddress;
  readonly label: string;
  readonly dropped = 0;

  constructor(address: DatagramAddress) {
    super();
    this.address = address;
    this.label = `udp ${address.host}:${address.port}`;
  }

  receive(): null {
    return null;
  }

  send(): boolean {
    return true;
  }

  protected override isReady(interest: Interest): boolean {
    return interest === "write";
  }

  protected override release(): void {}
}
