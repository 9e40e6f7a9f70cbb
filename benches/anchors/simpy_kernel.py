"""The workload of src/kernel.rs in SimPy, as its guide would have it: a process for each message under way, a process for each client.

One leader and two followers, one of them synchronous; eight clients in closed loops, a quarter of their operations writes at the leader,
the rest reads at a random follower; each message takes one to two milliseconds and overtakes none on its link; the records are tuples in
a list, as many as there.

usage: simpy_kernel.py OPERATIONS; prints how many messages were delivered, how many records were kept, and the nanoseconds.
"""

import random
import sys
import time

import simpy

LEADER, NEAR, REPLICAS, CLIENTS, KEYS = 0, 1, 3, 8, 4
MASK = (1 << 64) - 1


def mix(z):
    """The finalizer of SplitMix64, as in src/rng.rs: it tells each operation's kind and key."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Replica:
    def __init__(self):
        self.log, self.rows, self.applied = [], [None] * KEYS, 0


class Cluster:
    def __init__(self, operations):
        self.plan = [((mix(op) >> 32) % 4 == 0, mix(op) % KEYS) for op in range(operations)]
        self.env, self.dice = simpy.Environment(), random.Random(1)
        self.replicas = [Replica() for _ in range(REPLICAS)]
        self.known, self.acked, self.waiting, self.waited = [0] * REPLICAS, 0, [], 0
        self.last_due, self.ops, self.replies = {}, [], {}
        self.records, self.messages, self.delivered = [], 0, 0

    def note(self, kind, a, b):
        self.records.append((self.env.now, kind, a, b))

    def send(self, src, dst, handler, *what):
        at = max(self.last_due.get((src, dst), 0), self.env.now + self.dice.randint(1000, 2000))
        self.last_due[src, dst] = at
        self.messages += 1
        self.note("sent", self.messages, at)
        self.env.process(self.deliver(self.messages, at - self.env.now, handler, src, dst, what))

    def deliver(self, number, delay, handler, src, dst, what):
        yield self.env.timeout(delay)
        self.delivered += 1
        self.note("arrived", number, dst)
        handler(src, dst, *what)

    def client(self, client):
        token = 0
        while len(self.ops) < len(self.plan):
            op = len(self.ops)
            write, key = self.plan[op]
            self.ops.append((client, key, self.env.now))
            self.note("started", op, token)
            reply = self.replies[op] = self.env.event()
            if write:
                self.send(client, LEADER, self.on_write, op, key)
            else:
                self.send(client, NEAR + self.dice.getrandbits(1), self.on_read, op, key)
            version = yield reply
            token = max(token, version)
            self.note("completed", op, version)

    def apply(self, node, to):
        replica = self.replicas[node]
        for lsn in range(replica.applied, to):
            entry = replica.log[lsn]
            replica.rows[entry[2]] = entry
        replica.applied = to
        self.note("applied", node, to)

    def on_write(self, src, dst, op, key):
        leader = self.replicas[LEADER]
        entry = (len(leader.log) + 1, op, key)
        leader.log.append(entry)
        self.waiting.append((entry[0], op, src))
        self.note("appended", LEADER, entry[0])
        self.note("flushed", LEADER, entry[0])
        for follower in range(NEAR, REPLICAS):
            self.send(LEADER, follower, self.on_append, entry)

    def on_append(self, src, dst, entry):
        replica = self.replicas[dst]
        assert entry[0] == len(replica.log) + 1, f"entry {entry[0]} cannot follow entry {len(replica.log)}"
        replica.log.append(entry)
        self.note("received", dst, entry[0])
        self.note("flushed", dst, entry[0])
        self.apply(dst, entry[0])
        self.send(dst, LEADER, self.on_ack, entry[0])

    def on_ack(self, src, dst, lsn):
        self.known[src] = max(self.known[src], lsn)
        reached = self.known[NEAR]
        if reached <= self.acked:
            return
        self.acked = reached
        self.note("acknowledged", LEADER, reached)
        while self.waited < len(self.waiting) and self.waiting[self.waited][0] <= reached:
            lsn, op, client = self.waiting[self.waited]
            self.waited += 1
            self.send(LEADER, client, self.on_reply, op, lsn)
        self.apply(LEADER, reached)

    def on_read(self, src, dst, op, key):
        self.send(dst, src, self.on_reply, op, self.replicas[dst].applied)

    def on_reply(self, src, dst, op, version):
        self.replies.pop(op).succeed(version)

    def run(self):
        for client in range(REPLICAS, REPLICAS + CLIENTS):
            self.env.process(self.client(client))
        self.env.run()


def main():
    best, cluster = None, None
    for _ in range(2):
        cluster = Cluster(int(sys.argv[1]))
        start = time.perf_counter_ns()
        cluster.run()
        spent = time.perf_counter_ns() - start
        best = spent if best is None else min(best, spent)
    print(f"anchor: {cluster.delivered} delivered, {len(cluster.records)} records, {best} ns")


main()
