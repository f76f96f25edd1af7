// This project's kernel with a quantum of one trap: every trap gives the others a turn.

import { oursWith } from "./ours.ts";
import type { Peer } from "./peer.ts";

export const peer: Peer = oursWith(1);
