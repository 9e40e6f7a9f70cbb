//! The rules on the stories of the papers.

use super::*;
use crate::family::leaderless::writing::{Numbering, Writing};
use crate::log::KeyId;
use crate::network::NodeId;

/// Servers with one key each, and what they hold.
struct Servers {
    rule: Versioning,
    all: Vec<(Numbering, Vec<Arc<Version>>)>,
    ops: u32,
}

impl Servers {
    fn new(rule: Versioning, count: u16) -> Servers {
        let all = (0..count).map(|node| (Numbering::new(NodeId(node), 8), Vec::new())).collect();
        Servers { rule, all, ops: 0 }
    }

    /// A client writes at a server with what it has seen, and sees what stands there then. Returns the operation.
    fn write(&mut self, server: usize, client: u16, context: &mut Context) -> OpId {
        let op = OpId(self.ops);
        self.ops += 1;
        let (numbering, held) = &mut self.all[server];
        let value = Value::Int(i64::from(op.0));
        let writing = Writing { op, key: KeyId(0), value, context: context.clone(), client: NodeId(client) };
        let version = Arc::new(numbering.version(self.rule, &writing, held, u64::from(self.ops)));
        self.rule.take(held, &version);
        context.see(&version);
        op
    }

    /// A client reads at a server.
    fn read(&self, server: usize) -> Context {
        let mut context = Context::default();
        self.all[server].1.iter().for_each(|version| context.see(version));
        context
    }

    /// One server tells another one what it has.
    fn tell(&mut self, from: usize, to: usize) {
        let told = self.all[from].1.clone();
        told.iter().for_each(|version| {
            self.rule.take(&mut self.all[to].1, version);
        });
    }

    fn ops(&self, server: usize) -> Vec<u32> {
        let mut ops: Vec<u32> = self.all[server].1.iter().map(|version| version.op.0).collect();
        ops.sort_unstable();
        ops
    }

    fn vectors(&self, server: usize) -> Vec<String> {
        self.all[server].1.iter().map(|version| version.vector.to_string()).collect()
    }
}

/// DeCandia et al. 2007, figure 3: D1 to D5, with the servers Sx, Sy and Sz as 0, 1 and 2.
#[test]
fn the_figure_of_dynamo() {
    let mut servers = Servers::new(Versioning::ServerVectors, 3);
    let mut client = Context::default();
    servers.write(0, 4, &mut client); // D1
    servers.write(0, 4, &mut client); // D2
    assert_eq!((servers.vectors(0), servers.ops(0)), (vec!["{0:2}".to_owned()], vec![1]));
    let mut other = client.clone();
    servers.write(1, 4, &mut client); // D3
    servers.write(2, 5, &mut other); // D4
    assert_eq!([servers.vectors(1), servers.vectors(2)], [["{0:2, 1:1}"], ["{0:2, 2:1}"]]);
    servers.tell(1, 0);
    servers.tell(2, 0);
    assert_eq!(servers.ops(0), [2, 3], "D3 and D4 are concurrent, and D2 is behind both");
    let mut reader = servers.read(0);
    assert_eq!(reader.vector.to_string(), "{0:2, 1:1, 2:1}");
    servers.write(0, 4, &mut reader); // D5
    assert_eq!((servers.vectors(0), servers.ops(0)), (vec!["{0:3, 1:1, 2:1}".to_owned()], vec![4]));
}

/// Two clients write through one server without having seen each other: a vector of servers cannot say so, a dot can.
#[test]
fn a_vector_of_servers_loses_what_a_dot_keeps() {
    for (rule, left) in [(Versioning::ServerVectors, vec![1]), (Versioning::Dotted, vec![0, 1])] {
        let mut servers = Servers::new(rule, 1);
        servers.write(0, 4, &mut Context::default());
        servers.write(0, 5, &mut Context::default());
        assert_eq!(servers.ops(0), left, "{rule:?}");
    }
}

/// Kleppmann and Riccomini, figure 6-15: five writes of two clients to a cart, with what stands there after each.
#[test]
fn the_cart_of_two_clients() {
    let mut servers = Servers::new(Versioning::Dotted, 1);
    let (mut first, mut second) = (Context::default(), Context::default());
    let mut states = Vec::new();
    for one_writes in [true, false, true, false, true] {
        let context = if one_writes { &mut first } else { &mut second };
        servers.write(0, 4, context);
        // The answer to a write is like that to a read.
        *context = servers.read(0);
        states.push(servers.ops(0));
    }
    assert_eq!(states, [vec![0], vec![0, 1], vec![1, 2], vec![2, 3], vec![3, 4]]);
}

/// A vector that has forgotten a client takes an old version for a concurrent one, and never the other way round.
#[test]
fn truncation_makes_false_siblings_and_loses_nothing() {
    let mut servers = Servers::new(Versioning::ClientVectors { limit: 2 }, 2);
    let mut context = Context::default();
    servers.write(0, 4, &mut context);
    servers.tell(0, 1);
    for client in 5..8 {
        servers.write(0, client, &mut context);
        context = servers.read(0);
    }
    assert_eq!(servers.ops(0), [1, 2, 3], "each vector lacks a client that the one before it has");
    let version = |op: u32| servers.all[0].1.iter().find(|version| version.op == OpId(op)).expect("it is there");
    assert!(version(3).stamp.includes(version(1).stamp.dot()), "what really happened is told by the dots");
    servers.tell(0, 1);
    assert_eq!(servers.ops(1), [1, 2, 3], "the first write is covered, because its client is not forgotten in the second");
}

/// Figure 6-14: without versions the last to arrive stays, and two replicas never agree.
#[test]
fn without_versions_replicas_stay_different() {
    let mut servers = Servers::new(Versioning::Arrival, 2);
    servers.write(0, 4, &mut Context::default());
    servers.write(1, 5, &mut Context::default());
    let [one, other] = [servers.all[0].1.clone(), servers.all[1].1.clone()];
    servers.rule.take(&mut servers.all[0].1, &other[0]);
    servers.rule.take(&mut servers.all[1].1, &one[0]);
    assert_eq!([servers.ops(0), servers.ops(1)], [[1], [0]]);
    assert_eq!(servers.rule.merged([&*one, &*other]), one, "a reader is shown what came first");
}

#[test]
fn the_larger_reading_of_a_clock_stays_whatever_arrives_first() {
    let mut servers = Servers::new(Versioning::LastWriteWins, 2);
    let mut seen = Context::default();
    servers.write(0, 4, &mut seen);
    servers.write(1, 5, &mut seen);
    servers.tell(0, 1);
    servers.tell(1, 0);
    assert_eq!([servers.ops(0), servers.ops(1)], [[1], [1]]);
}

/// A node that has nothing of a key left must not go on counting: who sees its second write would seem to have seen the first.
#[test]
fn a_node_that_has_handed_everything_off_takes_a_new_id() {
    let mut servers = Servers::new(Versioning::Dotted, 2);
    servers.write(0, 4, &mut Context::default());
    let handed_off = std::mem::take(&mut servers.all[0].1);
    servers.write(0, 5, &mut Context::default());
    let second = servers.all[0].1[0].clone();
    assert_eq!((second.stamp.dot().actor.0, second.stamp.dot().count), (8, 1));
    let mut reader = servers.read(0);
    servers.write(0, 6, &mut reader);
    Versioning::Dotted.take(&mut servers.all[0].1, &handed_off[0]);
    assert_eq!(servers.ops(0), [0, 2], "nobody had seen the first write, so it stays");
}

#[test]
fn a_version_is_taken_in_once() {
    let mut servers = Servers::new(Versioning::Dotted, 1);
    let mut context = Context::default();
    servers.write(0, 4, &mut context);
    let first = servers.all[0].1[0].clone();
    servers.write(0, 4, &mut context);
    let held = &mut servers.all[0].1;
    let second = held[0].clone();
    assert_eq!(Versioning::Dotted.take(held, &first), Taken::Obsolete(second.clone()));
    assert_eq!(Versioning::Dotted.take(held, &second), Taken::Known);
}
