# The same for Python as child.ts and timing.ts for JavaScript: `<system>.py time <minMs>` or `<system>.py park <tasks>`.

import gc
import json
import os
import sys
import time


def resident():
    """Bytes of resident memory, garbage collected first."""
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def ns_each(operation, min_ms):
    """Nanoseconds of CPU time an operation: the middle one of three runs that take long enough."""

    def ms_of(count):
        start = time.process_time_ns()
        operation(count)
        return (time.process_time_ns() - start) / 1e6

    count, long_enough = 500, 0
    while long_enough < 2:
        ms = ms_of(count)
        if ms >= min_ms:
            long_enough += 1
        else:
            count = int(count * min(10, max(1.5, 1.2 * min_ms / ms))) + 1
    return sorted(ms_of(count) for _ in range(3))[1] * 1e6 / count


def main(operations, park):
    """`park(count, parked)` starts tasks that wait for ever and calls `parked` when they all do."""
    what, amount = sys.argv[1], int(sys.argv[2])
    if what == "time":
        print(json.dumps({name: ns_each(operation, amount) for name, operation in operations.items()}))
        return
    before = resident()

    def parked():
        print(json.dumps({"resident": (resident() - before) / amount}), flush=True)
        os._exit(0)  # they would wait for ever

    park(amount, parked)
