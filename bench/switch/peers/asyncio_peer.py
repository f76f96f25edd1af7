# asyncio, and with "uvloop" among its arguments the same on uvloop's event loop.

import asyncio
import sys

import timing

if "uvloop" in sys.argv:
    import uvloop

    sys.argv.remove("uvloop")
    uvloop.install()

DEPTH = 50


async def traps(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def deep_traps(left, count):
    await (deep_traps(left - 1, count) if left > 0 else traps(count))


async def nothing():
    pass


async def calls(count):
    for _ in range(count):
        await nothing()


async def switches(count):
    await asyncio.gather(traps(count // 2), traps(count // 2))


async def echo(there, back, count):
    for _ in range(count):
        await back.put(await there.get())


async def round_trips(count):
    there, back = asyncio.Queue(1), asyncio.Queue(1)
    task = asyncio.create_task(echo(there, back, count))
    for i in range(count):
        await there.put(i)
        await back.get()
    await task


async def spawns(count):
    for _ in range(count):
        await asyncio.create_task(nothing())


async def parking(count, parked):
    kept = []

    async def waiting():
        future = asyncio.get_running_loop().create_future()
        kept.append(future)
        await future

    kept_too = [asyncio.create_task(waiting()) for _ in range(count)]
    while len(kept) < len(kept_too):
        await asyncio.sleep(0)
    parked()


timing.main(
    {
        "trap": lambda count: asyncio.run(traps(count)),
        "deepTrap": lambda count: asyncio.run(deep_traps(DEPTH - 1, count)),
        "call": lambda count: asyncio.run(calls(count)),
        "switch": lambda count: asyncio.run(switches(count)),
        "channel": lambda count: asyncio.run(round_trips(count)),
        "spawn": lambda count: asyncio.run(spawns(count)),
    },
    lambda count, parked: asyncio.run(parking(count, parked)),
)
