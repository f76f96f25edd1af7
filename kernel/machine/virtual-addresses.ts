// Who listens where on the virtual network. TCP hosts are names: each is an address of its own, "localhost" is
// 127.0.0.1, "0.0.0.0" and "::" listen on all. Port 0 gets the next free port from 49152 up, begun again after 65535.
// Clients get ports from 32768 to 49151 and, when these are used up, the next loopback address, so that no two
// connections share both ends.

import type { Address } from "./machine.ts";

const firstListenerPort = 49_152;
const listenerPorts = 65_536 - firstListenerPort;
const firstClientPort = 32_768;
const clientPorts = firstListenerPort - firstClientPort;

/** An address with nothing left open. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** What an address means: the default host filled in, "localhost" resolved. */
export function placeOf(address: Address): Place {
  if ("path" in address) return { path: address.path };
  const { host = "127.0.0.1", port } = address;
  return { host: host === "localhost" ? "127.0.0.1" : host, port };
}

/** Where a connect to an address goes: "any address" is this host. */
export function targetOf(address: Address): Place {
  const place = placeOf(address);
  if ("path" in place || !isWildcard(place.host)) return place;
  return { host: place.host === "::" ? "::1" : "127.0.0.1", port: place.port };
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

export class AddressBook<L> {
  readonly #paths = new Map<string, L>();
  readonly #ports = new Map<number, Map<string, L>>();
  #given = 0;
  #clients = 0;

  /** The place with port 0 replaced by a free one; unchanged when none is free, or when another port is asked for. */
  withPort(place: Place): Place {
    if ("path" in place || place.port !== 0) return place;
    for (let tries = 0; tries < listenerPorts; tries += 1) {
      const port = firstListenerPort + (this.#given % listenerPorts);
      this.#given += 1;
      if (!this.#ports.has(port)) return { host: place.host, port };
    }
    return place;
  }

  /** Whether somebody listens there, or on all hosts, or here on all hosts while somebody listens on one. */
  taken(place: Place): boolean {
    if ("path" in place) return this.#paths.has(place.path);
    if (place.port === 0) return true; // `withPort` found none
    const hosts = this.#ports.get(place.port);
    if (hosts === undefined) return false;
    return isWildcard(place.host) || hosts.has(place.host) || hosts.has("0.0.0.0") || hosts.has("::");
  }

  add(place: Place, listener: L): void {
    if ("path" in place) {
      this.#paths.set(place.path, listener);
      return;
    }
    const hosts = this.#ports.get(place.port) ?? new Map<string, L>();
    hosts.set(place.host, listener);
    this.#ports.set(place.port, hosts);
  }

  remove(place: Place): void {
    if ("path" in place) {
      this.#paths.delete(place.path);
      return;
    }
    const hosts = this.#ports.get(place.port);
    hosts?.delete(place.host);
    if (hosts?.size === 0) this.#ports.delete(place.port);
  }

  find(place: Place): L | undefined {
    if ("path" in place) return this.#paths.get(place.path);
    const hosts = this.#ports.get(place.port);
    const listener = hosts?.get(place.host) ?? hosts?.get("::");
    return listener ?? (place.host.includes(":") ? undefined : hosts?.get("0.0.0.0"));
  }

  /** The address a client connects from. */
  nextClient(target: { readonly host: string }): Place {
    const port = firstClientPort + (this.#clients % clientPorts);
    const round = Math.floor(this.#clients / clientPorts);
    this.#clients += 1;
    if (target.host.includes(":")) return { host: `::${(round + 1).toString(16)}`, port };
    // The last number is from 1 to 254: 0 and 255 mean networks.
    const [third, fourth] = [Math.floor(round / 254), (round % 254) + 1];
    return { host: `127.${(third >> 8) % 256}.${third % 256}.${fourth}`, port };
  }
}
