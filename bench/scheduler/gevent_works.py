"""The same works on gevent: python3 gevent_works.py WORK COUNT"""

import gc
import json
import os
import sys
import time

import gevent
import greenlet
from gevent import socket
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import Queue

HOUR = 3600


def yield_at(depth, times):
    if depth > 1:
        yield_at(depth - 1, times)
    else:
        for _ in range(times):
            gevent.sleep(0)


def ns_each(start, count):
    return {"ns": (time.perf_counter() - start) * 1e9 / count}


def switch_at(depth):
    def work(count):
        start = time.perf_counter()
        gevent.joinall([gevent.spawn(yield_at, depth, count // 100) for _ in range(100)])
        return ns_each(start, count)

    return work


def traced(count):
    greenlet.settrace(lambda event, args: None)
    return switch_at(1)(count)


def ping_pong(make):
    def work(count):
        sides = [make(), make()]

        def player(mine, other):
            for _ in range(count // 2):
                mine.wait_turn()
                other.wake()

        start = time.perf_counter()
        players = [gevent.spawn(player, sides[0], sides[1]), gevent.spawn(player, sides[1], sides[0])]
        gevent.sleep(0)
        sides[0].wake()
        gevent.joinall(players)
        return ns_each(start, count)

    return work


class EventSide(Event):
    def wait_turn(self):
        self.wait()
        self.clear()

    wake = Event.set


class SemaphoreSide:
    def __init__(self):
        semaphore = Semaphore(0)
        self.wait_turn, self.wake = semaphore.acquire, semaphore.release


class QueueSide:
    def __init__(self):
        queue = Queue()
        self.wait_turn, self.wake = queue.get, lambda: queue.put(1)


def spawn(count):
    for _ in range(3):
        start = time.perf_counter()
        gevent.joinall([gevent.spawn(int) for _ in range(count)])
    return ns_each(start, count)


def resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def sleeping(count):
    before = resident()
    start = time.perf_counter()
    sleepers = [gevent.spawn(gevent.sleep, HOUR) for _ in range(count)]
    gevent.sleep(0)
    figures = ns_each(start, count)
    return {"bytes": (resident() - before) / len(sleepers), **figures}


def timers(count):
    loop = gevent.get_hub().loop
    start = time.perf_counter()
    armed = []
    for i in range(count):
        timer = loop.timer(HOUR + (i % 1000) / 1000)
        timer.start(int)
        armed.append(timer)
    for timer in armed:
        timer.stop()
    return ns_each(start, count)


def echo(count):
    switches = 0

    def busy():
        nonlocal switches
        while True:
            switches += 1
            gevent.sleep(0)

    client = socket.create_connection(("127.0.0.1", int(os.environ["ECHO_PORT"])))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(100):
        gevent.spawn(busy)
    latencies = []
    for _ in range(count):
        start = time.perf_counter()
        client.sendall(bytes(64))
        client.recv(64)
        latencies.append(time.perf_counter() - start)
    seconds = sum(latencies)
    latencies.sort()
    return {
        "p50 us": latencies[count // 2] * 1e6,
        "p99 us": latencies[count * 99 // 100] * 1e6,
        "echo/s": count / seconds,
        "switches/s": switches / seconds,
    }


WORKS = {
    "switch 1": switch_at(1),
    "switch 4": switch_at(4),
    "switch 8": switch_at(8),
    "traced": traced,
    "spawn": spawn,
    "sleeping": sleeping,
    "timers": timers,
    "event": ping_pong(EventSide),
    "semaphore": ping_pong(SemaphoreSide),
    "queue": ping_pong(QueueSide),
    "echo": echo,
}

print(json.dumps(WORKS[sys.argv[1]](int(sys.argv[2]))), flush=True)
# The sleepers are not worth a clean end.
os._exit(0)
