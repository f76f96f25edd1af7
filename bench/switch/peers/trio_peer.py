# trio. It has no join of one task: a spawn is a nursery with one task in it.

import timing
import trio

DEPTH = 50


async def traps(count):
    for _ in range(count):
        await trio.lowlevel.checkpoint()


async def deep_traps(left, count):
    await (deep_traps(left - 1, count) if left > 0 else traps(count))


async def nothing():
    pass


async def calls(count):
    for _ in range(count):
        await nothing()


async def switches(count):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(traps, count // 2)
        nursery.start_soon(traps, count // 2)


async def echo(there, back, count):
    for _ in range(count):
        await back.send(await there.receive())


async def round_trips(count):
    (give_there, take_there), (give_back, take_back) = trio.open_memory_channel(0), trio.open_memory_channel(0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(echo, take_there, give_back, count)
        for i in range(count):
            await give_there.send(i)
            await take_back.receive()


async def spawns(count):
    for _ in range(count):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nothing)


async def parking(count, parked):
    waiting_now = 0

    async def waiting():
        nonlocal waiting_now
        waiting_now += 1
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(waiting)
        while waiting_now < count:
            await trio.lowlevel.checkpoint()
        parked()


timing.main(
    {
        "trap": lambda count: trio.run(traps, count),
        "deepTrap": lambda count: trio.run(deep_traps, DEPTH - 1, count),
        "call": lambda count: trio.run(calls, count),
        "switch": lambda count: trio.run(switches, count),
        "channel": lambda count: trio.run(round_trips, count),
        "spawn": lambda count: trio.run(spawns, count),
    },
    lambda count, parked: trio.run(parking, count, parked),
)
