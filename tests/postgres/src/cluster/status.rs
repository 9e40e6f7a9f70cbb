//! How each node is: its role as the server itself says, how far its log and its replay are, and what its links do.

use std::fmt;

use super::timeline::TIMELINE_OF_FOLLOWER;
use super::{Cluster, Node};
use crate::error::Error;
use crate::link::{Condition, Cut};
use crate::lsn::Lsn;

/// What a server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes writes.
    Primary,
    /// It replays the log of another.
    Follower,
}

/// How a node is. [`NodeStatus::server`] is none if its server does not run or does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// The port of the server.
    pub port: u16,
    /// The port of the link for clients.
    pub client_port: u16,
    /// What the server says.
    pub server: Option<ServerStatus>,
    /// The link that it streams through when it follows.
    pub replication: Condition,
    /// The link for its clients.
    pub client: Condition,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Primary or follower.
    pub role: Role,
    /// The timeline of its log.
    pub timeline: u32,
    /// How far its log goes.
    pub received: Lsn,
    /// How far it has replayed; at a primary the same.
    pub replayed: Lsn,
    /// `not paused`, `pause requested` or `paused`.
    pub replay_pause: String,
    /// The value of `recovery_min_apply_delay`.
    pub apply_delay: String,
    /// What the primary calls it: `sync`, `quorum`, `potential` or `async`. None if it does not stream.
    pub synchronous: Option<String>,
}

/// The row that [`ServerStatus::read`] reads.
fn statement() -> String {
    format!(
        "SELECT CASE WHEN pg_is_in_recovery() THEN 'follower' ELSE 'primary' END, \
           CASE WHEN pg_is_in_recovery() THEN {TIMELINE_OF_FOLLOWER} \
             ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END, \
           CASE WHEN pg_is_in_recovery() \
             THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_insert_lsn() END, \
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END, \
           CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() ELSE 'not paused' END, \
           current_setting('recovery_min_apply_delay')"
    )
}

impl Cluster {
    /// How all nodes are.
    pub fn status(&mut self) -> Vec<NodeStatus> {
        let primary = self.primary;
        let streams = self.administer(primary, "SELECT application_name, sync_state FROM pg_stat_replication");
        let streams = streams.unwrap_or_default();
        let synchronous = |name: &str| {
            let row = streams.lines().filter_map(|line| line.split_once('|')).find(|(follower, _)| *follower == name);
            row.map(|(_, state)| state.to_owned())
        };
        let mut nodes = Vec::new();
        for place in 0..self.nodes.len() {
            let running = self.nodes[place].server.is_running();
            let said = if running { self.administer(place, &statement()).ok() } else { None };
            let node = &self.nodes[place];
            let server = said.and_then(|said| ServerStatus::read(&said, synchronous(node.name())));
            nodes.push(NodeStatus::new(node, server));
        }
        nodes
    }

    /// How a node is.
    ///
    /// # Errors
    ///
    /// [`Error::NoNode`].
    pub fn status_of(&mut self, name: &str) -> Result<NodeStatus, Error> {
        let place = self.place(name)?;
        Ok(self.status().swap_remove(place))
    }
}

impl NodeStatus {
    fn new(node: &Node, server: Option<ServerStatus>) -> Self {
        Self {
            name: node.name().to_owned(),
            port: node.port,
            client_port: node.client.address().port(),
            server,
            replication: node.replication.condition(),
            client: node.client.condition(),
        }
    }
}

impl ServerStatus {
    fn read(row: &str, synchronous: Option<String>) -> Option<Self> {
        let mut columns = row.split('|');
        let role = match columns.next()? {
            "primary" => Role::Primary,
            _ => Role::Follower,
        };
        Some(Self {
            role,
            timeline: columns.next()?.parse().ok()?,
            received: columns.next()?.parse().ok()?,
            replayed: columns.next()?.parse().ok()?,
            replay_pause: columns.next()?.to_owned(),
            apply_delay: columns.next()?.to_owned(),
            synchronous,
        })
    }

    /// How many bytes of its own log it has not replayed.
    #[must_use]
    pub fn unreplayed(&self) -> u64 {
        self.received.0.saturating_sub(self.replayed.0)
    }
}

impl fmt::Display for NodeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match &self.server {
            None => write!(f, "down")?,
            Some(server) => write!(f, "{server}")?,
        }
        write!(f, "; port {}, through its link {}", self.port, self.client_port)?;
        let follows = self.server.as_ref().is_some_and(|server| server.role == Role::Follower);
        for (name, condition) in [("replication link", &self.replication), ("client link", &self.client)] {
            if follows || name == "client link" {
                write_condition(f, name, condition)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ServerStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, timeline, received, replayed, replay_pause, apply_delay, synchronous } = self;
        match role {
            Role::Primary => return write!(f, "primary, timeline {timeline}, log up to {received}"),
            Role::Follower => write!(f, "follower ({})", synchronous.as_deref().unwrap_or("not streaming"))?,
        }
        write!(f, ", timeline {timeline}, received {received}, replayed {replayed}")?;
        if replay_pause != "not paused" {
            write!(f, ", replay {replay_pause}")?;
        }
        if apply_delay != "0" {
            write!(f, ", apply delay {apply_delay}")?;
        }
        Ok(())
    }
}

/// Nothing if the link is as a cable is.
fn write_condition(f: &mut fmt::Formatter<'_>, name: &str, condition: &Condition) -> fmt::Result {
    let latency = condition.latency;
    match condition.cut {
        None => {}
        Some(Cut::Stall) => write!(f, ", {name} cut: connections stall")?,
        Some(Cut::Reset) => write!(f, ", {name} cut: connections are closed")?,
    }
    if latency != crate::Latency::default() {
        write!(f, ", {name} {} ms there, {} ms back", latency.there.as_millis(), latency.back.as_millis())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Role, ServerStatus};

    #[test]
    fn reads_what_a_server_says() {
        let status = ServerStatus::read("follower|2|0/5000060|0/5000028|paused|500ms", Some("sync".to_owned()));
        let status = status.expect("a row");
        assert_eq!((status.role, status.timeline, status.unreplayed()), (Role::Follower, 2, 0x38));
        let text = status.to_string();
        assert!(text.contains("follower (sync), timeline 2") && text.contains("replay paused, apply delay 500ms"), "{text}");
        assert_eq!(ServerStatus::read("follower||||", None), None);
    }
}
