//! The deterministic step function: takes the next event, lets one node handle it, carries out what the node asks for.
//!
//! The state of the simulation is a value: a clone is a checkpoint. Events of the script come before all others of the same
//! time; among these the order is that of scheduling. Nothing else decides the course of a run.

mod actions;
mod inspect;
mod leaderless;
mod multi_leader;
mod outbox;
mod process;
mod settled;
mod single_leader;

use std::sync::Arc;

pub use process::Process;

use crate::client::{Client, ClientConfig, GroupView};
use crate::family::{GroupId, Input, Message, Timer};
use crate::history::Op;
use crate::log::{KeyId, OpId, Value};
use crate::lsn::Epoch;
use crate::network::{Fate, LinkSettings, Loss, Network, NodeId};
use crate::operation::{Invocation, Kind, Request};
use crate::rng::{Rng, mix};
use crate::router::ReadSettings;
use crate::scenario::{Action, Feed, Plan, WorkloadKind};
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
    /// When the next event of the script is due, if any is left: looked at before every other event, so it is kept at hand.
    scripted: Option<SimTime>,
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
        simulation.scripted = simulation.script.first().map(|(at, ..)| *at);
        simulation.feeds = Arc::new(plan.feeds.clone());
        simulation.fed = vec![0; plan.feeds.len()];
        simulation.key_groups = Arc::new(plan.key_groups.clone());
        simulation.hosts =
            process::processes(plan).into_iter().zip(0..).map(|(process, number)| Host::new(process, seed, number)).collect();
        plan.absent.iter().for_each(|id| simulation.switch_off(*id));
        for (number, host) in simulation.hosts.iter().enumerate() {
            for (timer, after) in host.process.first_timers() {
                simulation.queue.schedule(SimTime::ZERO + after, Due::Timer(node_id(number), 0, timer));
            }
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
            scripted: None,
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
        self.clone()
    }

    /// The time of the next event, if any is left.
    #[must_use]
    #[inline]
    pub fn next_at(&self) -> Option<SimTime> {
        match (self.scripted, self.queue.next_at()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Lets the next event happen. Returns whether there was one.
    pub fn step(&mut self, trace: &mut Trace) -> bool {
        if let Some(at) = self.scripted.filter(|at| self.queue.next_at().is_none_or(|next| *at <= next)) {
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
        self.scripted = script.get(self.cursor).map(|(at, ..)| *at);
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

    /// Tells a client to do an operation now, and returns the operation's number.
    pub fn invoke(&mut self, client: NodeId, session: u32, request: Request, identity: u64, trace: &mut Trace) -> OpId {
        let op = OpId(self.ops);
        self.ops += 1;
        let dice = self.hosts[client.index()].dice.then(identity).next_u64();
        let identity = mix(identity ^ (u64::from(client.0) << 48));
        let Request { key, kind, prefer, demand } = request;
        let invocation = Invocation { op, identity, session, key, kind, dice, prefer, demand };
        let group = self.key_groups.get(key.0 as usize).copied().unwrap_or(GroupId(0));
        trace.request(Op::requested(self.now, client, group, &invocation));
        // What a client is told is handed over where it stands: an input would be built and copied three times on its way.
        if self.hosts[client.index()].status != Status::Up {
            self.feed(client, Input::Invoke(invocation), trace);
            return op;
        }
        let (process, mut out) = self.outbox(client, trace);
        process.invoke(&invocation, &mut out);
        self.share_sessions(client);
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
        self.invoke(feed.client, self.session_of(feed.client), Request::new(key, kind), identity, trace);
    }

    fn deliver(&mut self, envelope: &Envelope, trace: &mut Trace) {
        let Envelope { id, src, dst, cuts, .. } = *envelope;
        let fate = self.network.arrival(src, dst, cuts);
        if fate.is_some() || self.hosts[dst.index()].status != Status::Up {
            return self.deliver_disturbed(envelope, fate, trace);
        }
        trace.push(self.now, What::Arrived(id));
        let (process, mut out) = self.outbox(dst, trace);
        process.receive(src, &envelope.msg, &mut out);
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
        process.handle(input, &mut out);
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

    /// Changes how a client reads from now on.
    pub fn set_read_settings(&mut self, client: NodeId, settings: ReadSettings) {
        if let Process::Client(client) = self.process_mut(client) {
            client.config.read = settings;
        }
    }

    /// The group of each key, by its number.
    #[must_use]
    pub fn key_groups(&self) -> &[GroupId] {
        &self.key_groups
    }

    /// Tells the simulation and all clients the group of a key that is new.
    pub fn add_key(&mut self, group: GroupId) -> KeyId {
        let groups = Arc::make_mut(&mut self.key_groups);
        groups.push(group);
        let key = KeyId(u32::try_from(groups.len() - 1).unwrap_or(u32::MAX));
        for host in &mut self.hosts {
            host.process.learn_key(&self.key_groups);
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
