//! What can be asked of a cluster that runs in another process: the words of `cargo xtask postgres`, read into a closed
//! list, and carried out. Each answer says what was done and how it is now.

use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::link::{Cut, LATENCY_MAX, Latency, Link};
use crate::server::Stop;

/// The orders, as they are written.
pub const USAGE: &str = "\
orders:
  status                                   how the nodes are, and how to connect
  down                                     stop everything, and remove the files
  fault pause-replay NODE                  a follower goes on to receive, and shows nothing new
  fault resume-replay NODE
  fault delay NODE 500ms                   a follower replays each commit so much later; 0ms ends it
  fault stop NODE                          an orderly stop
  fault start NODE                         a server that was stopped or killed comes back in its role
  fault kill-primary                       SIGKILL to the primary and its processes
  fault promote NODE                       a follower leads, and the others are led to it
  fault rewind NODE                        pg_rewind: an old primary, or who has too much, becomes a follower
  fault rebuild NODE                       pg_basebackup: a follower with a new copy of the data
  fault link NODE --latency 200ms          each way between a follower and its primary
  fault cut NODE [--reset]                 connections stall, or are closed
  fault heal NODE                          ends a cut
  with --client, link, cut and heal are about the link between a node and its clients";

/// Which of the two links of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that it streams through.
    Replication,
    /// The one that its clients connect through.
    Client,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// How everything is.
    Status,
    /// The end.
    Down,
    /// See [`Cluster::pause_replay`].
    PauseReplay(String),
    /// See [`Cluster::resume_replay`].
    ResumeReplay(String),
    /// See [`Cluster::set_apply_delay`].
    Delay(String, Duration),
    /// See [`Cluster::stop_node`].
    Stop(String),
    /// See [`Cluster::start_node`].
    Start(String),
    /// See [`Cluster::kill_primary`].
    KillPrimary,
    /// See [`Cluster::promote`] and [`Cluster::repoint_followers`].
    Promote(String),
    /// See [`Cluster::rewind`].
    Rewind(String),
    /// See [`Cluster::rebuild`].
    Rebuild(String),
    /// See [`Link::set_latency`].
    Latency(String, Side, Duration),
    /// See [`Link::cut`].
    Cut(String, Side, Cut),
    /// See [`Link::heal`].
    Heal(String, Side),
}

impl Order {
    /// Reads an order.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with all orders if it is none.
    pub fn parse(words: &[&str]) -> Result<Self, Error> {
        let client = words.contains(&"--client");
        let side = if client { Side::Client } else { Side::Replication };
        let rest: Vec<&str> = words.iter().copied().filter(|word| *word != "--client").collect();
        let name = |node: &str| node.to_owned();
        let order = match rest.as_slice() {
            ["fault", "link", node, "--latency", time] => Self::Latency(name(node), side, duration(time)?),
            ["fault", "cut", node] => Self::Cut(name(node), side, Cut::Stall),
            ["fault", "cut", node, "--reset"] => Self::Cut(name(node), side, Cut::Reset),
            ["fault", "heal", node] => Self::Heal(name(node), side),
            _ if client => return Err(unknown(words)),
            ["status"] => Self::Status,
            ["down"] => Self::Down,
            ["fault", "pause-replay", node] => Self::PauseReplay(name(node)),
            ["fault", "resume-replay", node] => Self::ResumeReplay(name(node)),
            ["fault", "delay", node, time] => Self::Delay(name(node), duration(time)?),
            ["fault", "stop", node] => Self::Stop(name(node)),
            ["fault", "start", node] => Self::Start(name(node)),
            ["fault", "kill-primary"] => Self::KillPrimary,
            ["fault", "promote", node] => Self::Promote(name(node)),
            ["fault", "rewind", node] => Self::Rewind(name(node)),
            ["fault", "rebuild", node] => Self::Rebuild(name(node)),
            _ => return Err(unknown(words)),
        };
        Ok(order)
    }

    /// Does what is asked, and says what was done. [`Order::Down`] is left to whoever owns the cluster.
    ///
    /// # Errors
    ///
    /// Those of the methods of [`Cluster`].
    pub fn carry_out(&self, cluster: &mut Cluster) -> Result<String, Error> {
        match self {
            Self::Status => Ok(report(cluster)),
            Self::Down => Ok("everything stops".to_owned()),
            Self::PauseReplay(node) => {
                cluster.pause_replay(node)?;
                Ok(format!("{node} replays nothing until its replay is resumed; it goes on to receive"))
            }
            Self::ResumeReplay(node) => cluster.resume_replay(node).map(|()| format!("{node} replays again")),
            Self::Delay(node, time) => {
                cluster.set_apply_delay(node, *time)?;
                Ok(format!("{node} replays each commit {} ms after it happened", time.as_millis()))
            }
            Self::Stop(node) => cluster.stop_node(node, Stop::Fast).map(|()| format!("{node} is stopped")),
            Self::Start(node) => {
                cluster.start_node(node)?;
                Ok(line(cluster, node, "runs again"))
            }
            Self::KillPrimary => {
                let node = cluster.kill_primary()?;
                Ok(format!("{node} is killed; nobody takes its place until a follower is promoted"))
            }
            Self::Promote(node) => promote(cluster, node),
            Self::Rewind(node) => {
                let said = cluster.rewind(node)?;
                Ok(format!("{said}\n{}", line(cluster, node, "follows")))
            }
            Self::Rebuild(node) => {
                cluster.rebuild(node)?;
                Ok(line(cluster, node, "has a new copy of the data"))
            }
            Self::Latency(node, side, time) => {
                link(cluster, node, *side)?.set_latency(Latency::each_way(*time))?;
                Ok(format!("{} takes {} ms each way", side.of(node), time.as_millis()))
            }
            Self::Cut(node, side, cut) => {
                link(cluster, node, *side)?.cut(*cut);
                let what = match cut {
                    Cut::Stall => "connections stall",
                    Cut::Reset => "connections are closed",
                };
                Ok(format!("{} is cut: {what}", side.of(node)))
            }
            Self::Heal(node, side) => {
                link(cluster, node, *side)?.heal();
                Ok(format!("{} is whole", side.of(node)))
            }
        }
    }
}

impl Side {
    fn of(self, node: &str) -> String {
        match self {
            Self::Replication => format!("the replication link of {node}"),
            Self::Client => format!("the client link of {node}"),
        }
    }
}

fn link<'a>(cluster: &'a Cluster, node: &str, side: Side) -> Result<&'a Link, Error> {
    let node = cluster.node(node)?;
    Ok(match side {
        Side::Replication => node.replication_link(),
        Side::Client => node.client_link(),
    })
}

fn promote(cluster: &mut Cluster, node: &str) -> Result<String, Error> {
    let promotion = cluster.promote(node)?;
    let mut said = format!("{node} leads; its timeline {} begins at {}", promotion.timeline, promotion.switchpoint);
    for (follower, result) in cluster.repoint_followers() {
        match result {
            // Behind a cut it will follow when the link is healed, and cannot have been heard of.
            Ok(()) if cluster.node(&follower)?.replication_link().condition().cut.is_some() => {
                said += &format!("\n{follower} is led to it by a link that is cut");
            }
            Ok(()) => said += &format!("\n{follower} follows it"),
            Err(error) => said += &format!("\n{follower} does not follow: {error}"),
        }
    }
    Ok(said)
}

fn line(cluster: &mut Cluster, node: &str, what: &str) -> String {
    match cluster.status_of(node) {
        Ok(status) => format!("{node} {what}\n{status}"),
        Err(error) => format!("{node} {what}; {error}"),
    }
}

/// How all nodes are, and how to connect to each.
fn report(cluster: &mut Cluster) -> String {
    let mut lines: Vec<String> = cluster.status().iter().map(ToString::to_string).collect();
    lines.push("connections, directly and through the link for clients:".to_owned());
    for node in cluster.nodes() {
        lines.push(format!("  {}: \"{}\"", node.name(), node.direct()));
        lines.push(format!("  {}: \"{}\"", node.name(), node.through_link()));
    }
    lines.join("\n")
}

/// A time in `ms` or `s`.
fn duration(text: &str) -> Result<Duration, Error> {
    let wrong = || Error::Setting { why: format!("`{text}` is no time: write for example `200ms` or `2s`") };
    let (digits, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1_000),
        (None, None) => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let time = number.checked_mul(scale).map(Duration::from_millis).ok_or_else(wrong)?;
    // Also more than enough for an apply delay.
    match time <= LATENCY_MAX * 60 {
        true => Ok(time),
        false => Err(Error::Setting { why: format!("`{text}` is longer than an hour") }),
    }
}

fn unknown(words: &[&str]) -> Error {
    Error::Setting { why: format!("cannot read `{}`\n{USAGE}", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Order, Side, duration};
    use std::time::Duration;

    fn order(line: &str) -> Result<Order, String> {
        Order::parse(&line.split_whitespace().collect::<Vec<_>>()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_the_orders() {
        let node = || "node2".to_owned();
        assert_eq!(order("status"), Ok(Order::Status));
        assert_eq!(order("fault delay node2 500ms"), Ok(Order::Delay(node(), Duration::from_millis(500))));
        assert_eq!(order("fault kill-primary"), Ok(Order::KillPrimary));
        let latency = Order::Latency(node(), Side::Client, Duration::from_secs(2));
        assert_eq!(order("fault link node2 --latency 2s --client"), Ok(latency));
        assert_eq!(order("fault cut node2"), Ok(Order::Cut(node(), Side::Replication, Cut::Stall)));
        assert_eq!(order("fault cut node2 --client --reset"), Ok(Order::Cut(node(), Side::Client, Cut::Reset)));
        assert_eq!(order("fault heal node2"), Ok(Order::Heal(node(), Side::Replication)));
    }

    #[test]
    fn says_what_can_be_asked_when_it_cannot_read() {
        for line in ["", "fault", "fault stop", "fault stop node1 --client", "stat", "fault cut node1 --latency 2s"] {
            let message = order(line).expect_err(line);
            assert!(message.contains("fault kill-primary"), "{message}");
        }
    }

    #[test]
    fn times_have_a_unit_and_a_bound() {
        assert_eq!(duration("0ms").expect("a time"), Duration::ZERO);
        for text in ["5", "s", "-1s", "1.5s", "99999999999999999999ms", "18446744073709551615s", "3601s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
