"""The workloads of the core in Trio itself; prints nanoseconds per operation as JSON, by the names of the workloads."""

import json
import statistics
import time

import trio

ROUNDS = 5


async def checkpoint(count):
    for _ in range(count):
        await trio.lowlevel.checkpoint()


def spawn_and_join(size):
    async def workload(count):
        for _ in range(count // size):
            async with trio.open_nursery() as nursery:
                for _ in range(size):
                    nursery.start_soon(trio.lowlevel.checkpoint)

    return workload


async def scope_with_deadline(count):
    for _ in range(count):
        with trio.move_on_after(1):
            await trio.lowlevel.checkpoint()


def hand_off(capacity):
    async def workload(count):
        sender, receiver = trio.open_memory_channel(capacity)

        async def produce():
            for index in range(count):
                await sender.send(index)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(produce)
            for _ in range(count):
                await receiver.receive()

    return workload


WORKLOADS = {
    "checkpoint": (checkpoint, 20_000),
    "spawn and join, 1 at a time": (spawn_and_join(1), 5_000),
    "spawn and join, 100 at a time": (spawn_and_join(100), 10_000),
    "scope with a deadline": (scope_with_deadline, 10_000),
    "channel, capacity 0, 1 producer": (hand_off(0), 10_000),
    "channel, capacity 1, 1 producer": (hand_off(1), 10_000),
    "channel, capacity 100, 1 producer": (hand_off(100), 10_000),
}


async def main():
    results = {}
    for name, (workload, count) in WORKLOADS.items():
        times = []
        for _ in range(ROUNDS):
            begin = time.perf_counter_ns()
            await workload(count)
            times.append((time.perf_counter_ns() - begin) / count)
        results[name] = statistics.median(times)
    print(json.dumps({"version": trio.__version__, "nanoseconds": results}))


trio.run(main)
