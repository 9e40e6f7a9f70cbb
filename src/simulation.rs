//! The deterministic step function: takes the next event, lets one node handle it, carries out what the node asks for.
//!
//! The state of the simulation is a value: a clone is a checkpoint. Events of the script come before all others of the same
//! time; among these the order is that of scheduling. Nothing else decides the course of a run.

mod outbox;
mod process;
mod settled;

use std::sync::Arc;

pub use process::Process;

use crate::client::{Client, ClientConfig, GroupView};
use crate::history::Op;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::{Epoch, Position};
use crate::network::{Fate, LinkSettings, Loss, Network, NodeId};
use crate::protocol::single_leader::{Replica, ReplicaConfig};
use crate::protocol::{Fact, GroupId, Input, Invocation, Kind, Message, Timer};
use crate::rng::{Rng, mix};
use crate::router::ReadSettings;
use crate::scenario::{Action, Feed, Plan, WorkloadKind};
use crate::sorted;
use crate::time::{EventQueue, SimTime};
use crate::trace::{MsgId, Trace, What};
use outbox::Outbox;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its number.
    pub id: MsgId,
    /// Who sent it.
    pub src: NodeId,
    /// To whom.
    pub dst: NodeId,
    /// When.
    pub sent_at: SimTime,
    /// What it says.
    pub msg: Message,
    cuts: u32,
}

/// What can be due.
#[derive(Clone, Debug)]
pub enum Due {
    /// A message.
    Deliver(Envelope),
    /// A timer that a node set, and how often the node had been restarted when it did.
    Timer(NodeId, u32, Timer),
    /// The next operation of a feed.
    Feed(usize),
}

/// Whether a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Up,
    /// It has no power.
    Down,
    /// It is frozen.
    Paused,
}

#[derive(Clone, Debug)]
struct Host {
    process: Process,
    status: Status,
    /// How often it has been restarted; timers of an earlier life are void.
    life: u32,
    /// What reached it while it was frozen.
    inbox: Vec<Input>,
    /// The stream of the random words that its operations get; the stream of each branches off from it.
    dice: Rng,
}

/// A cluster at one moment of a run.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The time of the last event.
    pub now: SimTime,
    /// The links.
    pub network: Network,
    seed: u64,
    queue: EventQueue<Due>,
    hosts: Vec<Host>,
    held: Vec<Envelope>,
    script: Arc<Vec<(SimTime, usize, Action)>>,
    cursor: usize,
    feeds: Arc<Vec<Feed>>,
    fed: Vec<u32>,
    key_groups: Arc<Vec<GroupId>>,
    /// The newest generation that was handed out, by group; a frozen replica may not know of it yet.
    epochs: Vec<Epoch>,
    ops: u32,
    messages: u32,
    events: u64,
    /// Empty between events: one buffer serves them all.
    shares: Vec<u32>,
}

impl Simulation {
    /// A cluster at time zero.
    #[must_use]
    pub fn new(plan: &Plan) -> Simulation {
        let seed = plan.scenario.seed;
        let mut network = Network::new(seed, plan.nodes.len(), &LinkSettings::default());
        for (index, settings) in plan.links.iter().enumerate() {
            let (src, dst) = (index / plan.nodes.len(), index % plan.nodes.len());
            network.configure(node_id(src), node_id(dst), settings.clone());
        }
        let mut simulation = Simulation::empty(seed);
        simulation.network = network;
        simulation.script = Arc::new(plan.script.clone());
        simulation.feeds = Arc::new(plan.feeds.clone());
        simulation.fed = vec![0; plan.feeds.len()];
        simulation.key_groups = Arc::new(plan.key_groups.clone());
        simulation.hosts =
            process::processes(plan).into_iter().zip(0..).map(|(process, number)| Host::new(process, seed, number)).collect();
        plan.absent.iter().for_each(|id| simulation.switch_off(*id));
        let timers = simulation.replicas().flat_map(|(id, replica)| replica.first_timers().map(move |timer| (id, timer)));
        for (id, (timer, after)) in timers.collect::<Vec<_>>() {
            simulation.queue.schedule(SimTime::ZERO + after, Due::Timer(id, 0, timer));
        }
        for (index, feed) in plan.feeds.iter().enumerate() {
            simulation.queue.schedule(feed.from, Due::Feed(index));
        }
        simulation
    }

    /// A cluster without nodes, to which they are added one by one.
    #[must_use]
    pub fn empty(seed: u64) -> Simulation {
        Simulation {
            now: SimTime::ZERO,
            network: Network::new(seed, 0, &LinkSettings::default()),
            seed,
            queue: EventQueue::default(),
            hosts: Vec::new(),
            held: Vec::new(),
            script: Arc::default(),
            cursor: 0,
            feeds: Arc::default(),
            fed: Vec::new(),
            key_groups: Arc::default(),
            epochs: Vec::new(),
            ops: 0,
            messages: 0,
            events: 0,
            shares: Vec::new(),
        }
    }

    /// Adds a replica, which runs at once, and returns its number.
    pub fn add_replica(&mut self, config: ReplicaConfig, leader: NodeId) -> NodeId {
        self.add_host(Process::Replica(Box::new(Replica::new(config, leader))))
    }

    /// Adds a client and returns its number.
    pub fn add_client(&mut self, config: ClientConfig, groups: Vec<GroupView>) -> NodeId {
        self.add_host(Process::Client(Box::new(Client::new(config, groups, self.key_groups.to_vec()))))
    }

    fn add_host(&mut self, process: Process) -> NodeId {
        self.network.add_node(&LinkSettings::default());
        self.hosts.push(Host::new(process, self.seed, self.hosts.len()));
        node_id(self.hosts.len() - 1)
    }

    /// The state of this moment. It shares with this cluster, and with earlier checkpoints, most of what it holds.
    #[must_use]
    pub fn checkpoint(&mut self) -> Simulation {
        self.queue.share();
        for host in &mut self.hosts {
            if let Process::Replica(replica) = &mut host.process {
                replica.share();
            }
        }
        self.clone()
    }

    /// The time of the next event, if any is left.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        let scripted = self.script.get(self.cursor).map(|(at, ..)| *at);
        match (scripted, self.queue.next_at()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// How many events have happened.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// What runs on a node.
    #[must_use]
    pub fn process(&self, id: NodeId) -> &Process {
        &self.hosts[id.index()].process
    }

    /// What runs on a node, for setting it up.
    pub fn process_mut(&mut self, id: NodeId) -> &mut Process {
        &mut self.hosts[id.index()].process
    }

    /// Whether a node runs.
    #[must_use]
    pub fn status(&self, id: NodeId) -> Status {
        self.hosts[id.index()].status
    }

    /// The replica with this number.
    #[must_use]
    pub fn replica(&self, id: NodeId) -> Option<&Replica> {
        match self.hosts.get(id.index()).map(|h| &h.process) {
            Some(Process::Replica(replica)) => Some(replica),
            _ => None,
        }
    }

    /// The replicas with their numbers.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, &Replica)> {
        self.hosts.iter().enumerate().filter_map(|(i, host)| match &host.process {
            Process::Replica(replica) => Some((node_id(i), &**replica)),
            Process::Client(_) => None,
        })
    }

    /// The client with this number.
    #[must_use]
    pub fn client(&self, id: NodeId) -> Option<&Client> {
        match self.hosts.get(id.index()).map(|h| &h.process) {
            Some(Process::Client(client)) => Some(client),
            _ => None,
        }
    }

    /// The messages that are under way, with the time at which they are due, in the order of sending.
    #[must_use]
    pub fn in_flight(&self) -> Vec<(SimTime, &Envelope)> {
        let all = self
            .queue
            .iter()
            .filter_map(|(due, event)| match event {
                Due::Deliver(envelope) => Some((due, envelope)),
                Due::Timer(..) | Due::Feed(_) => None,
            })
            .collect();
        sorted::by_key(all, |(due, envelope)| (u64::from(envelope.id.0), due.0))
    }

    /// The messages that the network keeps back.
    #[must_use]
    pub fn held(&self) -> &[Envelope] {
        &self.held
    }

    /// Whether an envelope has been cut off while it is under way: it will not arrive.
    #[must_use]
    pub fn is_doomed(&self, envelope: &Envelope) -> bool {
        self.network.is_cut(envelope.src, envelope.dst) || self.network.cuts(envelope.src, envelope.dst) != envelope.cuts
    }

    /// Lets the next event happen. Returns whether there was one.
    pub fn step(&mut self, trace: &mut Trace) -> bool {
        let scripted = self.script.get(self.cursor).map(|(at, ..)| *at);
        if let Some(at) = scripted.filter(|at| self.queue.next_at().is_none_or(|next| *at <= next)) {
            self.act_next(at, trace);
            return true;
        }
        let due = self.queue.take_next();
        if due.is_none() {
            return false;
        }
        self.now = self.now.max(self.queue.elapsed());
        self.events += 1;
        trace.open_step();
        match due {
            Some(Due::Deliver(ref envelope)) => self.deliver(envelope, trace),
            Some(Due::Timer(node, life, timer)) if self.hosts[node.index()].life == life => {
                self.feed(node, Input::Timer(timer), trace);
            }
            Some(Due::Timer(..)) | None => {}
            Some(Due::Feed(index)) => self.next_of_feed(index, trace),
        }
        true
    }

    /// Lets the next event of the script take effect.
    fn act_next(&mut self, at: SimTime, trace: &mut Trace) {
        self.now = self.now.max(at);
        self.events += 1;
        let script = self.script.clone();
        let (_, index, action) = &script[self.cursor];
        self.cursor += 1;
        trace.open_step();
        trace.push(self.now, What::Action(u32::try_from(*index).unwrap_or(u32::MAX)));
        self.act(action, mix(*index as u64), trace);
    }

    /// Lets everything happen that is due before `until`.
    pub fn run_until(&mut self, until: SimTime, trace: &mut Trace) {
        while !trace.full && self.next_at().is_some_and(|at| at < until) {
            self.step(trace);
        }
    }

    /// Makes an intervention at the present moment.
    pub fn act(&mut self, action: &Action, identity: u64, trace: &mut Trace) {
        match action {
            Action::Invoke { client, key, kind, prefer } => {
                self.invoke(*client, self.session_of(*client), (*key, *kind, *prefer), identity, trace);
            }
            Action::Links(pairs, spec) => {
                for (src, dst) in pairs {
                    let mut settings = self.network.settings(*src, *dst).clone();
                    spec.change(&mut settings);
                    self.network.configure(*src, *dst, settings);
                }
            }
            Action::Cut(pairs) => pairs.iter().for_each(|(src, dst)| self.network.cut(*src, *dst)),
            Action::Heal(pairs) => pairs.iter().for_each(|(src, dst)| self.network.heal(*src, *dst)),
            Action::Hold(pairs) => pairs.iter().for_each(|(src, dst)| self.network.hold(*src, *dst)),
            Action::Release(pairs) => pairs.iter().for_each(|(src, dst)| self.release(*src, *dst, trace)),
            Action::Crash(node) => self.crash(*node, trace),
            Action::Restart(node) => self.restart(*node, trace),
            Action::Pause(node) => self.pause(*node),
            Action::Resume(node) => self.resume(*node, trace),
            Action::Promote(node) => self.promote(*node, trace),
            Action::Alter(node) => self.feed(*node, Input::Alter, trace),
            Action::Upgrade(node) => self.upgrade(*node, trace),
            Action::Join(node) => self.restart(*node, trace),
        }
    }

    /// Tells a client to do an operation now, and returns the operation's number.
    pub fn invoke(
        &mut self,
        client: NodeId,
        session: u32,
        (key, kind, prefer): (KeyId, Kind, Option<NodeId>),
        identity: u64,
        trace: &mut Trace,
    ) -> OpId {
        let op = OpId(self.ops);
        self.ops += 1;
        let dice = self.hosts[client.index()].dice.then(identity).next_u64();
        let identity = mix(identity ^ (u64::from(client.0) << 48));
        let invocation = Invocation { op, identity, session, key, kind, dice, prefer };
        let group = self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0));
        trace.request(Op::requested(self.now, client, group, &invocation));
        self.feed(client, Input::Invoke(invocation), trace);
        op
    }

    fn next_of_feed(&mut self, index: usize, trace: &mut Trace) {
        let feeds = self.feeds.clone();
        let feed = &feeds[index];
        if self.now >= feed.to {
            return;
        }
        let count = self.fed[index];
        self.fed[index] += 1;
        let key = feed.keys[count as usize % feed.keys.len()];
        let kind = match feed.kind {
            WorkloadKind::Write => Kind::Write(Value::Int(i64::from(count) + 1)),
            WorkloadKind::Read => Kind::Read(None),
        };
        let identity = ((index as u64 + 1) << 40) | u64::from(count);
        let pause = if feed.random {
            Rng::keyed(self.seed, &[0x00FE_ED00 + index as u64, u64::from(count)]).exponential(feed.pause.0)
        } else {
            feed.pause.0
        };
        self.queue.schedule(SimTime(self.now.0 + pause.max(1)), Due::Feed(index));
        self.invoke(feed.client, self.session_of(feed.client), (key, kind, None), identity, trace);
    }

    fn deliver(&mut self, envelope: &Envelope, trace: &mut Trace) {
        let Envelope { id, src, dst, cuts, .. } = *envelope;
        let fate = self.network.arrival(src, dst, cuts);
        if fate.is_some() || self.hosts[dst.index()].status != Status::Up {
            return self.deliver_disturbed(envelope, fate, trace);
        }
        trace.push(self.now, What::Arrived(id));
        let (process, mut out) = self.outbox(dst, trace);
        match process {
            Process::Replica(replica) => replica.receive(out.now, src, &envelope.msg, &mut out),
            Process::Client(client) => client.receive(out.now, src, &envelope.msg, &mut out),
        }
        self.share_sessions(dst);
    }

    /// A message that is cut off or kept back, or whose receiver does not run.
    #[cold]
    fn deliver_disturbed(&mut self, envelope: &Envelope, fate: Option<Fate>, trace: &mut Trace) {
        let (id, host) = (envelope.id, &mut self.hosts[envelope.dst.index()]);
        match fate {
            Some(Fate::Hold) => {
                trace.push(self.now, What::Held(id));
                self.held.push(envelope.clone());
            }
            Some(_) => trace.push(self.now, What::Lost(id, Loss::Cut)),
            None if host.status == Status::Down => trace.push(self.now, What::Lost(id, Loss::Down)),
            None => {
                trace.push(self.now, What::Arrived(id));
                host.inbox.push(Input::Deliver { src: envelope.src, msg: envelope.msg.clone() });
            }
        }
    }

    /// Hands an input to a node and carries out what it asks for.
    pub fn feed(&mut self, node: NodeId, input: Input, trace: &mut Trace) {
        let host = &mut self.hosts[node.index()];
        match host.status {
            Status::Down => return,
            Status::Paused => return host.inbox.push(input),
            Status::Up => {}
        }
        let (process, mut out) = self.outbox(node, trace);
        match process {
            Process::Replica(replica) => replica.handle(out.now, input, &mut out),
            Process::Client(client) => client.handle(out.now, input, &mut out),
        }
        self.share_sessions(node);
    }

    /// What runs on a node, and what takes in what it asks for.
    fn outbox<'a>(&'a mut self, node: NodeId, trace: &'a mut Trace) -> (&'a mut Process, Outbox<'a>) {
        let host = &mut self.hosts[node.index()];
        let out = Outbox {
            now: self.now,
            node,
            life: host.life,
            network: &mut self.network,
            queue: &mut self.queue,
            held: &mut self.held,
            messages: &mut self.messages,
            shares: &mut self.shares,
            trace,
        };
        (&mut host.process, out)
    }

    #[inline(always)]
    fn share_sessions(&mut self, node: NodeId) {
        if !self.shares.is_empty() {
            self.share_all(node);
        }
    }

    #[cold]
    fn share_all(&mut self, node: NodeId) {
        while let Some(session) = self.shares.pop() {
            self.share(node, session);
        }
    }

    fn release(&mut self, src: NodeId, dst: NodeId, trace: &mut Trace) {
        self.network.release(src, dst);
        let (go, stay) = std::mem::take(&mut self.held).into_iter().partition(|e: &Envelope| (e.src, e.dst) == (src, dst));
        self.held = stay;
        for mut envelope in go {
            if envelope.cuts != self.network.cuts(src, dst) {
                trace.push(self.now, What::Lost(envelope.id, Loss::Cut));
                continue;
            }
            let identity = envelope.msg.identity();
            let fate = match envelope.msg.travels_beside() {
                false => self.network.fate(self.now, src, dst, identity),
                true => self.network.fate_beside(self.now, src, dst, identity),
            };
            match fate {
                Fate::Deliver(due) | Fate::DeliverTwice(due, _) => {
                    trace.push(self.now, What::Released(envelope.id, due));
                    envelope.cuts = self.network.cuts(src, dst);
                    envelope.sent_at = self.now;
                    self.queue.schedule(due, Due::Deliver(envelope));
                }
                Fate::Drop(loss) => trace.push(self.now, What::Lost(envelope.id, loss)),
                Fate::Hold => self.held.push(envelope),
            }
        }
    }

    fn crash(&mut self, node: NodeId, trace: &mut Trace) {
        let host = &mut self.hosts[node.index()];
        let Process::Replica(replica) = &mut host.process else { return };
        if host.status == Status::Down {
            return;
        }
        host.status = Status::Down;
        host.life += 1;
        host.inbox.clear();
        let kept = replica.flushed;
        let lost = replica.crash();
        trace.push(self.now, What::Crashed(node, kept, lost.map_or(kept, |(_, last)| last)));
    }

    fn restart(&mut self, node: NodeId, trace: &mut Trace) {
        if self.hosts[node.index()].status != Status::Down {
            return;
        }
        self.hosts[node.index()].status = Status::Up;
        trace.push(self.now, What::Restarted(node));
        self.feed(node, Input::Start, trace);
    }

    /// A clean stop, and a start with the next storage version; what is down gets it for its next start.
    fn upgrade(&mut self, node: NodeId, trace: &mut Trace) {
        let up = self.status(node) != Status::Down;
        let Process::Replica(replica) = &mut self.hosts[node.index()].process else { return };
        replica.upgrade();
        let version = u32::from(replica.storage_version);
        trace.push(self.now, What::Noted(node, Fact::Upgraded(version)));
        if up {
            self.crash(node, trace);
            self.restart(node, trace);
        }
    }

    fn pause(&mut self, node: NodeId) {
        let host = &mut self.hosts[node.index()];
        if host.status == Status::Up {
            host.status = Status::Paused;
        }
    }

    fn resume(&mut self, node: NodeId, trace: &mut Trace) {
        let host = &mut self.hosts[node.index()];
        if host.status != Status::Paused {
            return;
        }
        host.status = Status::Up;
        for input in std::mem::take(&mut host.inbox) {
            self.feed(node, input, trace);
        }
    }

    /// The operator's act: the new generation is larger than any that was handed out before. What is down cannot be promoted.
    fn promote(&mut self, node: NodeId, trace: &mut Trace) {
        let Some(group) = self.replica(node).map(|r| r.config.group) else { return };
        if self.status(node) == Status::Down || self.replica(node).is_some_and(Replica::is_partial) {
            return;
        }
        if self.epochs.len() <= group.index() {
            self.epochs.resize(group.index() + 1, Epoch(1));
        }
        let members = self.replicas().filter(|(_, r)| r.config.group == group);
        let newest = members.map(|(_, r)| r.newest()).max().unwrap_or_default().max(self.epochs[group.index()]);
        let epoch = self.replica(node).map_or(Epoch(newest.0 + 1), |replica| replica.next_ballot(newest));
        self.epochs[group.index()] = epoch;
        self.feed(node, Input::Promote { epoch }, trace);
    }

    /// The replica that leads a group in the newest generation, whether it runs or not.
    #[must_use]
    pub fn leader_of(&self, group: GroupId) -> Option<(NodeId, &Replica)> {
        self.replicas().filter(|(_, r)| r.config.group == group && r.leads()).max_by_key(|(_, r)| r.epoch)
    }

    /// Whether the entry at this place of a group's newest log was written by this operation.
    #[must_use]
    pub fn survives(&self, group: GroupId, at: Position, op: OpId) -> bool {
        // Of an entry that is not kept any more, only the generation is known.
        let holds = |replica: &Replica| match replica.log.get(at.lsn) {
            Some(entry) => entry.op == op,
            None => at.lsn <= replica.log.base().lsn && replica.wrote(at),
        };
        match self.leader_of(group) {
            Some((_, leader)) => holds(leader),
            // Nobody leads at the moment: as long as one replica has it, it may yet be there.
            None => self.replicas().any(|(_, r)| r.config.group == group && holds(r)),
        }
    }

    /// Changes how a client reads from now on.
    pub fn set_read_settings(&mut self, client: NodeId, settings: ReadSettings) {
        if let Process::Client(client) = self.process_mut(client) {
            client.config.read = settings;
        }
    }

    /// Tells the simulation and all clients the group of a key that is new.
    pub fn add_key(&mut self, group: GroupId) -> KeyId {
        let groups = Arc::make_mut(&mut self.key_groups);
        groups.push(group);
        let key = KeyId(u32::try_from(groups.len() - 1).unwrap_or(u32::MAX));
        for host in &mut self.hosts {
            if let Process::Client(client) = &mut host.process {
                client.key_groups.push(group);
            }
        }
        key
    }
}

impl Host {
    fn new(process: Process, seed: u64, number: usize) -> Host {
        let dice = Rng::keyed(seed, &[0x000D_1CE5, number as u64]);
        Host { process, status: Status::Up, life: 0, inbox: Vec::new(), dice }
    }
}

fn node_id(index: usize) -> NodeId {
    NodeId(u16::try_from(index).expect("a scenario has at most 64 nodes"))
}
