// A kernel as one would write it by hand in JavaScript, for the workload of src/kernel.rs: what a reader can compare ours with.
//
// One leader and two followers, one of them synchronous; eight clients in closed loops, a quarter of their operations writes at the leader,
// the rest reads at a random follower; each message takes one to two milliseconds and overtakes none on its link; everything is recorded:
// 32 bytes a record, as many records as there. A binary heap of objects, ordered by time and then by number. What is not here, because
// nothing of it happens in this workload: time-outs, faults, generations, reads that wait.
//
// usage: node kernel.mjs OPERATIONS; prints how many messages were delivered, how many records were kept, and the nanoseconds.

const LEADER = 0, NEAR = 1, REPLICAS = 3, CLIENTS = 8, KEYS = 4, NODES = REPLICAS + CLIENTS
const WRITE = 0, READ = 1, WRITTEN = 2, VALUE = 3, APPEND = 4, ACK = 5
const STARTED = 0, COMPLETED = 1, SENT = 2, ARRIVED = 3, APPENDED = 4, RECEIVED = 5, FLUSHED = 6, APPLIED = 7, ACKNOWLEDGED = 8

const MASK = (1n << 64n) - 1n
/** The finalizer of SplitMix64, as in src/rng.rs: it tells each operation's kind and key. */
function mix(z) {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK
  return z ^ (z >> 31n)
}

/** Which operations are writes, and their keys: worked out before the clock runs, because 64-bit integers are slow here. */
function plan(operations) {
  const writes = new Uint8Array(operations), keys = new Uint8Array(operations)
  for (let op = 0; op < operations; op++) {
    const dice = mix(BigInt(op))
    writes[op] = (dice >> 32n) % 4n === 0n ? 1 : 0
    keys[op] = Number(dice % BigInt(KEYS))
  }
  return { writes, keys }
}

/** Events by time, and among equal times in the order of scheduling. */
class Queue {
  heap = []
  before(a, b) { return a.at < b.at || (a.at === b.at && a.id < b.id) }
  push(event) {
    const heap = this.heap
    let place = heap.length
    heap.push(event)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.before(event, heap[parent])) break
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = event
  }
  pop() {
    const heap = this.heap, first = heap[0], last = heap.pop()
    if (heap.length === 0) return first
    const length = heap.length
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= length) break
      if (child + 1 < length && this.before(heap[child + 1], heap[child])) child++
      if (!this.before(heap[child], last)) break
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
    return first
  }
}

class Replica {
  log = []
  rows = new Array(KEYS).fill(null)
  received = 0
  flushed = 0
  applied = 0
}

class Simulation {
  now = 0
  delivered = 0
  queue = new Queue()
  lastDue = new Float64Array(NODES * NODES)
  replicas = Array.from({ length: REPLICAS }, () => new Replica())
  known = Array.from({ length: REPLICAS }, () => ({ received: 0, flushed: 0, applied: 0 }))
  acked = 0
  waiting = []
  waited = 0
  tokens = new Float64Array(CLIENTS)
  ops = []
  kept = 0
  dice = 1

  constructor(operations) {
    this.most = operations
    Object.assign(this, plan(operations))
    this.messages = 0
    this.records = new Float64Array(4 * 12 * operations)
  }

  note(kind, a, b) {
    const at = 4 * this.kept++, records = this.records
    records[at] = this.now
    records[at + 1] = kind
    records[at + 2] = a
    records[at + 3] = b
  }

  /** Marsaglia's xorshift: 32 bits, which is what this language is fast with. */
  random() {
    let x = this.dice
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (this.dice = x) >>> 0
  }

  send(src, dst, kind, op, lsn, body) {
    const link = src * NODES + dst, id = this.messages++
    const at = Math.max(this.lastDue[link], this.now + 1000 + (this.random() % 1001))
    this.lastDue[link] = at
    this.note(SENT, id, at)
    this.queue.push({ at, id, src, dst, kind, op, lsn, body })
  }

  begin(client) {
    const op = this.ops.length
    if (op >= this.most) return
    this.ops.push({ client, key: this.keys[op], invoked: this.now, ended: -1, version: 0, attempts: 0 })
    this.note(STARTED, op, this.tokens[client - REPLICAS])
    if (this.writes[op]) this.send(client, LEADER, WRITE, op, 0, null)
    else this.send(client, NEAR + (this.random() & 1), READ, op, 0, null)
  }

  end(client, op, version) {
    const record = this.ops[op], session = client - REPLICAS
    record.ended = this.now
    record.version = version
    record.attempts = 1
    if (version > this.tokens[session]) this.tokens[session] = version
    this.note(COMPLETED, op, version)
    this.begin(client)
  }

  apply(node, replica, to) {
    while (replica.applied < to) {
      const entry = replica.log[replica.applied++]
      replica.rows[entry.key] = entry
    }
    this.note(APPLIED, node, to)
  }

  onWrite({ src, op }) {
    const leader = this.replicas[LEADER], lsn = leader.log.length + 1
    const entry = { lsn, op, key: this.keys[op], value: this.keys[op] }
    leader.log.push(entry)
    leader.received = leader.flushed = lsn
    this.waiting.push({ lsn, op, client: src })
    this.note(APPENDED, LEADER, lsn)
    this.note(FLUSHED, LEADER, lsn)
    for (let follower = NEAR; follower < REPLICAS; follower++) this.send(LEADER, follower, APPEND, op, lsn, entry)
  }

  onAppend({ dst, op, lsn, body }) {
    const replica = this.replicas[dst]
    if (lsn !== replica.log.length + 1) throw new Error(`entry ${lsn} cannot follow entry ${replica.log.length}`)
    replica.log.push(body)
    replica.received = replica.flushed = lsn
    this.note(RECEIVED, dst, lsn)
    this.note(FLUSHED, dst, lsn)
    this.apply(dst, replica, lsn)
    this.send(dst, LEADER, ACK, op, lsn, { received: lsn, flushed: lsn, applied: lsn })
  }

  onAck({ src, body }) {
    const known = this.known[src]
    known.received = Math.max(known.received, body.received)
    known.flushed = Math.max(known.flushed, body.flushed)
    known.applied = Math.max(known.applied, body.applied)
    const reached = Math.min(this.known[NEAR].flushed, this.replicas[LEADER].flushed)
    if (reached <= this.acked) return
    this.acked = reached
    this.note(ACKNOWLEDGED, LEADER, reached)
    while (this.waited < this.waiting.length && this.waiting[this.waited].lsn <= reached) {
      const { client, op, lsn } = this.waiting[this.waited++]
      this.send(LEADER, client, WRITTEN, op, lsn, null)
    }
    this.apply(LEADER, this.replicas[LEADER], reached)
  }

  deliver(message) {
    this.now = message.at
    this.delivered++
    this.note(ARRIVED, message.id, 0)
    switch (message.kind) {
      case WRITE: return this.onWrite(message)
      case READ: {
        const replica = this.replicas[message.dst]
        return this.send(message.dst, message.src, VALUE, message.op, replica.applied, replica.rows[this.keys[message.op]])
      }
      case APPEND: return this.onAppend(message)
      case ACK: return this.onAck(message)
      case WRITTEN:
      case VALUE: return this.end(message.dst, message.op, message.lsn)
      default: throw new Error(`no message has the kind ${message.kind}`)
    }
  }

  run() {
    for (let client = REPLICAS; client < NODES; client++) this.begin(client)
    while (this.queue.heap.length > 0) this.deliver(this.queue.pop())
    return this
  }
}

const operations = Number(process.argv[2])
if (!Number.isInteger(operations) || operations < 1) throw new Error(`usage: node kernel.mjs OPERATIONS`)
let best = Infinity, done = null
for (let round = 0; round < 7; round++) {
  const simulation = new Simulation(operations)
  const start = process.hrtime.bigint()
  done = simulation.run()
  best = Math.min(best, Number(process.hrtime.bigint() - start))
}
console.log(`anchor: ${done.delivered} delivered, ${done.kept} records, ${best} ns`)
