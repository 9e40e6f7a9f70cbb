//! Where the servers are, and how to deal with them.
//!
//! The text is a connection string of libpq with all hosts in it ("Connection Strings" in the PostgreSQL manual): the router connects to each of
//! them by itself, finds out who leads, and follows the leadership when it moves. So `target_session_attrs` has nothing to choose, and is
//! refused.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use crate::routing::{OnBehind, Patience, ReadPolicy};

/// The most servers of a cluster.
const NODES_MAX: usize = 64;

/// What a router needs to know of a cluster.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The connection string, with all hosts.
    config: Config,
    /// How many connections each server gets at most.
    pub connections: usize,
    /// How long connecting, waiting for a connection, or one answer to the router's own questions may take.
    pub answer: Duration,
    /// How long the router looks for a leader, and the like.
    pub patience: Patience,
    /// What [`read`](crate::store::ReadRouter::read) promises.
    pub policy: ReadPolicy,
}

/// Why a text is no settings.
#[derive(Debug)]
pub enum SettingsError {
    /// It is no connection string.
    Connection(tokio_postgres::Error),
    /// It names no host.
    NoHost,
    /// It names more hosts than a cluster has.
    TooManyHosts {
        /// How many.
        hosts: usize,
    },
    /// It names as many ports as neither one nor one for each host.
    Ports {
        /// How many ports.
        ports: usize,
        /// How many hosts.
        hosts: usize,
    },
    /// It names a server twice.
    Twice {
        /// The server.
        node: String,
    },
    /// It asks for servers of one role only.
    TargetSessionAttributes,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingsError::Connection(error) => {
                write!(f, "this is no connection string ({error}): write host=db1,db2 user=app dbname=telemetry, or a URL")?;
                std::error::Error::source(error).map_or(Ok(()), |cause| write!(f, "; {cause}"))
            }
            SettingsError::NoHost => f.write_str("the connection string names no host: list all servers, as in host=db1,db2,db3"),
            SettingsError::TooManyHosts { hosts } => {
                write!(f, "the connection string names {hosts} hosts, and a cluster has at most {NODES_MAX}")
            }
            SettingsError::Ports { ports, hosts } => {
                write!(f, "the connection string names {ports} ports for {hosts} hosts: name one for each, or one for all")
            }
            SettingsError::Twice { node } => {
                write!(f, "the connection string names {node} twice: a server has one place in the list")
            }
            SettingsError::TargetSessionAttributes => f.write_str(
                "leave target_session_attrs out: the router finds out by itself who leads, and needs the followers, too",
            ),
        }
    }
}

impl std::error::Error for SettingsError {}

impl FromStr for Settings {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Settings, SettingsError> {
        let config: Config = text.parse().map_err(SettingsError::Connection)?;
        if config.get_target_session_attrs() != TargetSessionAttrs::Any {
            return Err(SettingsError::TargetSessionAttributes);
        }
        let hosts = config.get_hosts().len();
        if hosts == 0 {
            return Err(SettingsError::NoHost);
        }
        if hosts > NODES_MAX {
            return Err(SettingsError::TooManyHosts { hosts });
        }
        let ports = config.get_ports().len();
        if ports > 1 && ports != hosts {
            return Err(SettingsError::Ports { ports, hosts });
        }
        let settings = Settings {
            config,
            connections: 8,
            answer: Duration::from_secs(3),
            patience: Patience::default(),
            policy: ReadPolicy::SessionConsistent(OnBehind::OtherFollower),
        };
        let mut names = BTreeSet::new();
        match settings.nodes().into_iter().find(|(name, _)| !names.insert(name.clone())) {
            Some((node, _)) => Err(SettingsError::Twice { node }),
            None => Ok(settings),
        }
    }
}

impl Settings {
    /// Each server with its name, `host:port`, and how to connect to it alone.
    pub(super) fn nodes(&self) -> Vec<(String, Config)> {
        let (hosts, ports) = (self.config.get_hosts(), self.config.get_ports());
        let port_of = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        hosts.iter().enumerate().map(|(index, host)| self.node(index, host, port_of(index))).collect()
    }

    fn node(&self, index: usize, host: &Host, port: u16) -> (String, Config) {
        let all = &self.config;
        let mut one = Config::new();
        let name = match host {
            Host::Tcp(name) => {
                one.host(name.as_str());
                name.clone()
            }
            #[cfg(unix)]
            Host::Unix(path) => {
                one.host_path(path);
                path.display().to_string()
            }
        };
        one.port(port);
        if let Some(address) = all.get_hostaddrs().get(index) {
            one.hostaddr(*address);
        }
        all.get_user().map(|user| one.user(user));
        all.get_password().map(|password| one.password(password));
        all.get_dbname().map(|name| one.dbname(name));
        all.get_options().map(|options| one.options(options));
        one.application_name(all.get_application_name().unwrap_or("read-router"));
        one.ssl_mode(all.get_ssl_mode()).ssl_negotiation(all.get_ssl_negotiation()).channel_binding(all.get_channel_binding());
        one.connect_timeout(all.get_connect_timeout().copied().unwrap_or(self.answer));
        all.get_tcp_user_timeout().map(|timeout| one.tcp_user_timeout(*timeout));
        one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
        all.get_keepalives_interval().map(|interval| one.keepalives_interval(interval));
        all.get_keepalives_retries().map(|retries| one.keepalives_retries(retries));
        (format!("{name}:{port}"), one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.parse::<Settings>().expect(text).nodes().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn hosts_and_ports_are_paired() {
        assert_eq!(names("host=db1,db2 user=app"), ["db1:5432", "db2:5432"]);
        assert_eq!(names("postgresql://app@db1:7001,db2:7002/telemetry"), ["db1:7001", "db2:7002"]);
        assert_eq!(names("host=127.0.0.1,127.0.0.1 port=7001,7002"), ["127.0.0.1:7001", "127.0.0.1:7002"]);
        assert_eq!(names("host=a,b port=7000"), ["a:7000", "b:7000"]);
    }

    #[test]
    fn each_server_is_connected_to_alone_with_what_was_said_for_all() {
        let text = "host=db1,db2 user=app password=x dbname=telemetry application_name=api connect_timeout=7 sslmode=require";
        let settings: Settings = text.parse().expect("settings");
        for (index, (_, one)) in settings.nodes().into_iter().enumerate() {
            assert_eq!(one.get_hosts(), [Host::Tcp(format!("db{}", index + 1))]);
            assert_eq!((one.get_user(), one.get_password(), one.get_dbname()), (Some("app"), Some(&b"x"[..]), Some("telemetry")));
            assert_eq!((one.get_application_name(), one.get_ssl_mode()), (Some("api"), settings.config.get_ssl_mode()));
            assert_eq!(one.get_connect_timeout(), Some(&Duration::from_secs(7)));
        }
    }

    #[test]
    fn settings_that_cannot_work_say_what_to_do() {
        let many = format!("host={}", vec!["h"; 65].join(","));
        for (text, expected) in [
            ("user=app", "the connection string names no host: list all servers, as in host=db1,db2,db3"),
            ("host=a,b port=1,2,3", "the connection string names 3 ports for 2 hosts: name one for each, or one for all"),
            ("host=a,a", "the connection string names a:5432 twice: a server has one place in the list"),
            (
                "host=a target_session_attrs=read-write",
                "leave target_session_attrs out: the router finds out by itself who leads, and needs the followers, too",
            ),
            (&many, "the connection string names 65 hosts, and a cluster has at most 64"),
        ] {
            assert_eq!(text.parse::<Settings>().expect_err(text).to_string(), expected);
        }
        let error = "host".parse::<Settings>().expect_err("no connection string").to_string();
        assert!(error.starts_with("this is no connection string ("), "{error}");
    }
}
