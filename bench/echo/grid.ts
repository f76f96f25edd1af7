// The grid: every server at every number of connections and depth, in interleaved rounds.

import type { Effort } from "../lib/suite.ts";
import { load, type Sample } from "./client.ts";
import { Running } from "./running.ts";
import type { Server } from "./servers.ts";

/** One number of connections. */
export interface Point {
  readonly connections: number;
  readonly depths: readonly number[];
  readonly rounds: number;
  /** Rounds of those that are not main; 0 leaves them out. */
  readonly peerRounds: number;
  readonly seconds: number;
}

/** Seconds before a window: for a server just started, and for one that has run. */
const warmFirst = 0.7;
const warmNext = 0.25;

/** What a server gave at one point: a sample or nothing per round, in order; or why nothing. */
export interface Outcome {
  readonly samples: readonly (Sample | undefined)[];
  readonly failure: string | undefined;
}

/** By number of connections, depth and server. */
export class Outcomes {
  readonly #all = new Map<string, Outcome>();

  add(connections: number, depth: number, name: string, sample: Sample | undefined, failure?: string): void {
    const key = `${connections}/${depth}/${name}`;
    const samples = [...(this.#all.get(key)?.samples ?? []), sample];
    this.#all.set(key, { samples, failure: failure ?? this.#all.get(key)?.failure });
  }

  get(connections: number, depth: number, name: string): Outcome | undefined {
    return this.#all.get(`${connections}/${depth}/${name}`);
  }
}

/** Measures all servers at one point. */
export async function measurePoint(
  client: string,
  servers: readonly Server[],
  point: Point,
  outcomes: Outcomes,
  effort: Effort,
): Promise<void> {
  const rounds = ({ isMain }: Server) => (isMain ? point.rounds : point.peerRounds);
  const rows = servers.filter((server) => rounds(server) > 0);
  const started = new Map<Server, Running | string>();
  try {
    for (const server of rows) started.set(server, await Running.start(server));
    for (let round = 0; round < point.rounds; round++) {
      for (const server of rows) {
        const running = started.get(server) ?? "";
        if (round >= rounds(server)) continue;
        effort.say(`${point.connections} connections, round ${round + 1} of ${rounds(server)}: ${server.name}`);
        const given = typeof running === "string" ? running : await window(client, running, point, round);
        note(outcomes, point, server, given);
        // A server that has failed once is not to hold up the others again.
        if (typeof given !== "string") continue;
        if (typeof running !== "string") await running.stop();
        started.set(server, given);
      }
    }
  } finally {
    for (const running of started.values()) if (typeof running !== "string") await running.stop();
  }
}

async function window(client: string, running: Running, point: Point, round: number): Promise<Sample[] | string> {
  const { connections, depths, seconds } = point;
  try {
    return await load(client, running, { connections, depths, seconds, warm: round === 0 ? warmFirst : warmNext });
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message.slice(0, 80) : String(error)}`;
  } finally {
    await running.rest();
  }
}

function note(outcomes: Outcomes, point: Point, { name }: Server, given: readonly Sample[] | string): void {
  for (const depth of point.depths) {
    if (typeof given === "string") outcomes.add(point.connections, depth, name, undefined, given);
    else
      outcomes.add(
        point.connections,
        depth,
        name,
        given.find((sample) => sample.depth === depth),
      );
  }
}

/** CPU time of the server per request, microseconds. */
export function cpuPerRequest(sample: Sample): number {
  return sample.serverCpu / sample.requests;
}

/** Round by round, one server's CPU time per request as a multiple of another's. */
export function cpuRatios(one: Outcome | undefined, other: Outcome | undefined): number[] {
  return (one?.samples ?? []).flatMap((sample, round) => {
    const beside = other?.samples[round];
    return sample === undefined || beside === undefined ? [] : [cpuPerRequest(sample) / cpuPerRequest(beside)];
  });
}
