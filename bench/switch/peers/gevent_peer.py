# gevent: greenlets, whose stacks are copied. A call is a plain call of a function.

import gevent
import timing
from gevent.event import Event
from gevent.queue import Channel

DEPTH = 50


def traps(count):
    for _ in range(count):
        gevent.sleep(0)


def deep_traps(left, count):
    if left > 0:
        deep_traps(left - 1, count)
    else:
        traps(count)


def nothing():
    pass


def calls(count):
    for _ in range(count):
        nothing()


def switches(count):
    gevent.joinall([gevent.spawn(traps, count // 2), gevent.spawn(traps, count // 2)])


def echo(there, back, count):
    for _ in range(count):
        back.put(there.get())


def round_trips(count):
    there, back = Channel(), Channel()
    task = gevent.spawn(echo, there, back, count)
    for i in range(count):
        there.put(i)
        back.get()
    task.join()


def spawns(count):
    for _ in range(count):
        gevent.spawn(nothing).join()


def parking(count, parked):
    waiting_now = 0
    event = Event()

    def waiting():
        nonlocal waiting_now
        waiting_now += 1
        event.wait()

    kept = [gevent.spawn(waiting) for _ in range(count)]
    while waiting_now < len(kept):
        gevent.sleep(0)
    parked()


timing.main(
    {
        "trap": traps,
        "deepTrap": lambda count: deep_traps(DEPTH - 1, count),
        "call": calls,
        "switch": switches,
        "channel": round_trips,
        "spawn": spawns,
    },
    parking,
)
