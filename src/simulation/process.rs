//! What can run on a node, and how a plan's nodes are set up.

use super::leaderless as rings;
use super::multi_leader as several_leaders;
use std::sync::Arc;

use super::outbox::Outbox;
use super::single_leader;
use super::{Simulation, Status, node_id};
use crate::client::{Client, ClientConfig, GroupView, LeaderlessClient, MultiLeaderClient};
use crate::family::single_leader::Replica;
use crate::family::{GroupId, Included, Input, LeaderlessIncluded, Message, MultiLeaderIncluded, Order, Timer};
use crate::family::{leaderless, multi_leader};
use crate::lsn::{Epoch, Lsn};
use crate::network::NodeId;
use crate::operation::Invocation;
use crate::router::{ReadSettings, TokenHome};
use crate::scenario::{ClientSpec, Plan};
use crate::time::SimDuration;

/// What runs on a node. A closed enum: a new protocol is a new variant, and the compiler lists what has to know it.
#[derive(Clone, Debug)]
pub enum Process {
    /// A replica of a single-leader group.
    SingleLeader(Box<Replica>),
    /// A client of groups with one leader.
    Client(Box<Client>),
    /// A replica of a group with several leaders.
    MultiLeader(MultiLeaderIncluded, Box<multi_leader::Replica>),
    /// A client of groups with several leaders.
    MultiLeaderClient(MultiLeaderIncluded, Box<MultiLeaderClient>),
    /// A node of a ring.
    Leaderless(LeaderlessIncluded, Box<leaderless::Replica>),
    /// A client of rings.
    LeaderlessClient(LeaderlessIncluded, Box<LeaderlessClient>),
}

impl Process {
    /// The timers that run from the beginning.
    pub(super) fn first_timers(&self) -> impl Iterator<Item = (Timer, SimDuration)> + use<> {
        let (of_replica, of_node) = match self {
            Process::SingleLeader(replica) => (Some(replica.first_timers()), None),
            Process::Leaderless(included, node) => (None, Some((*included, node.first_timers()))),
            Process::Client(_) | Process::MultiLeader(..) | Process::MultiLeaderClient(..) | Process::LeaderlessClient(..) => {
                (None, None)
            }
        };
        let of_replica = of_replica.into_iter().flatten().map(|(timer, after)| (Timer::SingleLeader(timer), after));
        let of_node = of_node.into_iter().flat_map(|(included, timers)| timers.map(move |timer| (included, timer)));
        of_replica.chain(of_node.map(|(included, (timer, after))| (Timer::Leaderless(included, timer), after)))
    }

    /// A key is new: which group each belongs to is known to clients.
    pub(super) fn learn_key(&mut self, groups: &Arc<Vec<GroupId>>) {
        match self {
            Process::Client(client) => client.key_groups.clone_from(groups),
            Process::MultiLeaderClient(_, client) => client.key_groups = groups.clone(),
            Process::LeaderlessClient(_, client) => client.key_groups = groups.clone(),
            Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..) => {}
        }
    }

    /// Hands over a message.
    #[inline(always)]
    pub(super) fn receive(&mut self, src: NodeId, message: &Message, out: &mut Outbox<'_>) {
        let now = out.now;
        match (self, message) {
            (Process::SingleLeader(replica), Message::SingleLeader(message)) => replica.receive(now, src, message, out),
            (Process::Client(client), Message::SingleLeader(message)) => client.receive(now, src, message, out),
            (Process::MultiLeader(_, replica), Message::MultiLeader(_, message)) => replica.receive(now, src, message, out),
            (Process::MultiLeaderClient(_, client), Message::MultiLeader(_, message)) => client.receive(now, src, message, out),
            (Process::Leaderless(_, node), Message::Leaderless(_, message)) => node.receive(now, src, message, out),
            (Process::LeaderlessClient(_, client), Message::Leaderless(_, message)) => client.receive(now, src, message, out),
            (Process::SingleLeader(_) | Process::Client(_), Message::MultiLeader(..) | Message::Leaderless(..))
            | (Process::MultiLeader(..) | Process::MultiLeaderClient(..), Message::SingleLeader(_) | Message::Leaderless(..))
            | (Process::Leaderless(..) | Process::LeaderlessClient(..), Message::SingleLeader(_) | Message::MultiLeader(..)) => {
                panic!("{src:?} sent a message of another family: {message:?}")
            }
        }
    }

    /// Tells a client to do an operation.
    ///
    /// # Panics
    /// If it is a replica: the simulation never does that.
    #[inline(always)]
    pub(super) fn invoke(&mut self, invocation: &Invocation, out: &mut Outbox<'_>) {
        match self {
            Process::Client(client) => client.invoke(out.now, invocation, out),
            Process::MultiLeaderClient(_, client) => client.invoke(out.now, invocation, out),
            Process::LeaderlessClient(_, client) => client.invoke(out.now, invocation, out),
            Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..) => {
                panic!("a replica was told to do a client's work: {invocation:?}")
            }
        }
    }

    /// Power fails: what is kept of its log, and what there was; nothing if it is no replica, and has nothing to lose.
    pub(super) fn crash(&mut self) -> Option<(Lsn, Lsn)> {
        match self {
            Process::SingleLeader(replica) => {
                let kept = replica.flushed;
                Some((kept, replica.crash().map_or(kept, |(_, last)| last)))
            }
            Process::MultiLeader(_, replica) => {
                replica.crash();
                let kept = Lsn(replica.log.len() as u64);
                Some((kept, kept))
            }
            Process::Leaderless(_, node) => {
                node.crash();
                Some((Lsn::ZERO, Lsn::ZERO))
            }
            Process::Client(_) | Process::MultiLeaderClient(..) | Process::LeaderlessClient(..) => None,
        }
    }

    /// Hands over an input.
    ///
    /// # Panics
    /// If a replica is told to do a client's work, or gets what is of another family: the simulation never does that.
    pub(super) fn handle(&mut self, input: Input, out: &mut Outbox<'_>) {
        let now = out.now;
        match (self, input) {
            (process, Input::Deliver { src, msg }) => process.receive(src, &msg, out),
            (Process::Client(client), input) => client.handle(now, input, out),
            (Process::SingleLeader(replica), Input::Start) => replica.start(now, out),
            (Process::SingleLeader(replica), Input::Timer(Timer::SingleLeader(timer))) => replica.wake(now, timer, out),
            (Process::SingleLeader(replica), Input::Order(Order::SingleLeader(order))) => replica.obey(now, order, out),
            (Process::MultiLeaderClient(_, client), input) => client.handle(now, input, out),
            (Process::MultiLeader(_, replica), Input::Start) => replica.start(now, out),
            (Process::MultiLeader(_, replica), Input::Timer(Timer::MultiLeader(_, timer))) => replica.wake(now, timer, out),
            (Process::MultiLeader(_, replica), Input::Order(Order::MultiLeader(_, order))) => replica.obey(now, order, out),
            (Process::LeaderlessClient(_, client), input) => client.handle(now, input, out),
            (Process::Leaderless(_, node), Input::Start) => node.start(now, out),
            (Process::Leaderless(_, node), Input::Timer(Timer::Leaderless(_, timer))) => node.wake(now, timer, out),
            (Process::Leaderless(_, node), Input::Order(Order::Leaderless(_, order))) => node.obey(now, order, out),
            (
                Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..),
                input @ (Input::Timer(_) | Input::Invoke(_) | Input::Order(_)),
            ) => {
                panic!("a replica was told to do what is not its work: {input:?}")
            }
        }
    }
}

impl Simulation {
    /// Switches off a node that has done nothing yet: it takes no part until it is restarted.
    pub fn switch_off(&mut self, node: NodeId) {
        self.hosts[node.index()].status = Status::Down;
    }

    /// The session to which the operations of a client belong.
    pub(super) fn session_of(&self, client: NodeId) -> u32 {
        match self.hosts.get(client.index()).map(|host| &host.process) {
            Some(Process::Client(client)) => client.config.session,
            Some(Process::MultiLeaderClient(_, client)) => client.config.session,
            Some(Process::LeaderlessClient(_, client)) => client.config.session,
            Some(Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..)) | None => u32::from(client.0),
        }
    }

    /// Lets the other devices of a user find a session as this one has left it.
    pub(super) fn share(&mut self, from: NodeId, number: u32) {
        let (others, session) = match self.hosts.get(from.index()).map(|host| &host.process) {
            Some(Process::Client(client)) => (client.config.shares.clone(), client.sessions.get(number).cloned()),
            Some(Process::MultiLeaderClient(_, client)) => (client.config.shares.clone(), client.sessions.get(number).cloned()),
            // Sessions of rings keep contexts, and no tokens.
            Some(
                Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..) | Process::LeaderlessClient(..),
            )
            | None => return,
        };
        let Some(session) = session else { return };
        for other in others {
            match self.process_mut(other) {
                Process::Client(other) => other.adopt(number, &session),
                Process::MultiLeaderClient(_, other) => other.adopt(number, &session),
                Process::SingleLeader(_) | Process::MultiLeader(..) | Process::Leaderless(..) | Process::LeaderlessClient(..) => {
                }
            }
        }
    }
}

/// The processes of a plan at time zero, in the order of the nodes' numbers.
pub(super) fn processes(plan: &Plan) -> Vec<Process> {
    let clients: Vec<NodeId> = (plan.replicas..plan.nodes.len()).map(node_id).collect();
    let scenario = &plan.scenario;
    let mut all = match plan.family {
        Included::SingleLeader => single_leader::replicas(plan, &clients),
        Included::MultiLeader(included) => several_leaders::replicas(plan, included, &clients),
        Included::Leaderless(included) => rings::replicas(plan, included),
    };
    let views: Vec<GroupView> = plan
        .groups
        .iter()
        .map(|g| GroupView {
            members: g.members.clone(),
            partial: g.members.iter().copied().filter(|id| plan.keeps[id.index()].is_some()).collect(),
            leader: g.leader,
            epoch: Epoch(1),
        })
        .collect();
    let read = ReadSettings::from(scenario.read);
    // The first device of a user gives the session its number.
    let first = |spec: &ClientSpec, id: NodeId| {
        let of_user = |(other, _): &(&ClientSpec, &NodeId)| spec.user.is_some() && other.user == spec.user;
        scenario.clients.iter().zip(&clients).find(of_user).map_or(id, |(_, id)| *id)
    };
    let sessions: Vec<NodeId> = scenario.clients.iter().zip(&clients).map(|(spec, id)| first(spec, *id)).collect();
    let shared = scenario.read.tokens == TokenHome::User;
    for ((spec, id), session) in scenario.clients.iter().zip(&clients).zip(&sessions) {
        let devices = clients.iter().zip(&sessions).filter(|(other, s)| shared && *s == session && *other != id);
        let config = ClientConfig {
            id: *id,
            clock: plan.clocks[id.index()],
            read,
            op_timeout: scenario.op_timeout,
            sequential: !spec.concurrent,
            session: u32::from(session.0),
            shares: devices.map(|(other, _)| *other).collect(),
            sabotage: scenario.sabotage.clone(),
        };
        all.push(match plan.family {
            Included::SingleLeader => Process::Client(Box::new(Client::new(config, views.clone(), plan.key_groups.clone()))),
            Included::MultiLeader(included) => several_leaders::client(plan, included, spec, config),
            Included::Leaderless(included) => rings::client(plan, included, spec, config),
        });
    }
    all
}
