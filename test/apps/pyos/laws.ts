// All laws of the ladder.

import { course } from "./course.ts";
import type { Law } from "./law.ts";
import { mends } from "./mends.ts";
import { mendsOfWaits } from "./mends-waits.ts";

export const laws: readonly Law[] = [...course, ...mends, ...mendsOfWaits];
