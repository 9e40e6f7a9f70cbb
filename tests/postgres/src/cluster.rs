//! A primary and its followers. The first node is initialized, the others are copies of it by `pg_basebackup`; each
//! follower streams through a link of its own and has a replication slot named after it, so that the primary keeps
//! what it has not yet received.

mod failover;
mod faults;
mod status;
mod timeline;
mod waits;

pub use failover::Promotion;
pub use status::{NodeStatus, Role, ServerStatus};

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::configuration::Configuration;
use crate::error::Error;
use crate::folder::{Folder, remove_segment};
use crate::link::Link;
use crate::parameters::ConnectionParameters;
use crate::ports;
use crate::program::{Programs, run};
use crate::psql::{self, Waits};
use crate::server::{Server, Stop};
use crate::settings::Settings;

/// A running cluster. Dropping it stops all servers, and removes their files unless the settings or a panic want them kept.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    /// Where the node stands that leads, or led last.
    primary: usize,
    settings: Settings,
    programs: Programs,
    password: String,
    folder: Folder,
}

/// One server of a cluster, with its two links. It keeps its name and ports whatever its role.
#[derive(Debug)]
pub struct Node {
    server: Server,
    port: u16,
    password: String,
    replication: Link,
    client: Link,
}

impl Node {
    /// `node1`, `node2` and so on; also the `application_name` of a follower and the name of its slot.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.server.name
    }

    /// How to connect to the server itself.
    #[must_use]
    pub fn direct(&self) -> ConnectionParameters {
        ConnectionParameters::new(self.port, &self.password, "postgres-cluster")
    }

    /// How to connect through [`Node::client_link`].
    #[must_use]
    pub fn through_link(&self) -> ConnectionParameters {
        ConnectionParameters::new(self.client.address().port(), &self.password, "postgres-cluster")
    }

    /// The link that this node streams through when it is a follower.
    #[must_use]
    pub fn replication_link(&self) -> &Link {
        &self.replication
    }

    /// The link that clients of this node may connect through.
    #[must_use]
    pub fn client_link(&self) -> &Link {
        &self.client
    }

    /// What the server writes to its log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.server.log_file()
    }

    fn address(&self) -> SocketAddr {
        loopback(self.port)
    }
}

impl Cluster {
    /// Starts a cluster, and returns when all followers stream.
    ///
    /// # Errors
    ///
    /// If PostgreSQL is not installed, the settings make no sense, the folder is not to be had, or a program fails.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        settings.validate()?;
        let programs = Programs::find()?;
        let folder = Folder::take(&settings.folder)?;
        let password = password()?;
        let (settings, nodes) = (settings.clone(), Vec::new());
        // From here on its end stops whatever has been started.
        let mut cluster = Self { nodes, primary: 0, settings, programs, password, folder };
        for name in cluster.settings.names() {
            cluster.add(&name)?;
        }
        cluster.nodes[0].server.initialize(&cluster.password)?;
        cluster.start_on_free_port(0)?;
        cluster.create_slots(0)?;
        for follower in 1..cluster.nodes.len() {
            cluster.copy_primary(follower)?;
            cluster.start_on_free_port(follower)?;
        }
        cluster.await_streaming()?;
        Ok(cluster)
    }

    /// All nodes, in the order of their names.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node that leads, or led last.
    #[must_use]
    pub fn primary(&self) -> &Node {
        &self.nodes[self.primary]
    }

    /// All nodes but the primary, also those that do not run or have not been led anew.
    pub fn followers(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().enumerate().filter(|(place, _)| *place != self.primary).map(|(_, node)| node)
    }

    /// The node with this name.
    ///
    /// # Errors
    ///
    /// [`Error::NoNode`].
    pub fn node(&self, name: &str) -> Result<&Node, Error> {
        self.place(name).map(|place| &self.nodes[place])
    }

    /// The settings of its start.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The programs of PostgreSQL that it uses.
    #[must_use]
    pub fn installation(&self) -> &crate::Installation {
        &self.programs.installation
    }

    /// Runs statements at a node in one session, directly, by `psql`; returns a line for each row, with `|` between columns.
    ///
    /// # Errors
    ///
    /// [`Error::Statement`] with what the server says.
    pub fn execute(&self, name: &str, statements: &str) -> Result<String, Error> {
        let node = self.node(name)?;
        psql::execute(&self.programs, name, &node.direct(), Waits::AsConfigured, statements)
    }

    /// As [`Cluster::execute`], but as a client of that node, through its link.
    ///
    /// # Errors
    ///
    /// [`Error::Statement`] with what the server says, also if the link does not let it answer.
    pub fn execute_through_link(&self, name: &str, statements: &str) -> Result<String, Error> {
        let node = self.node(name)?;
        psql::execute(&self.programs, name, &node.through_link(), Waits::AsConfigured, statements)
    }

    /// Makes the files and links of a node that has no data yet.
    fn add(&mut self, name: &str) -> Result<(), Error> {
        let folder = self.folder.node(name, &self.programs.account)?;
        let configuration = Configuration::new(&self.settings, name);
        let server = Server::new(name, folder, &self.programs, configuration, self.settings.patience);
        // Links lead nowhere until the servers have their ports.
        let (replication, client) = (Link::start(loopback(0))?, Link::start(loopback(0))?);
        self.nodes.push(Node { server, port: 0, password: self.password.clone(), replication, client });
        Ok(())
    }

    /// Starts a node for the first time, on another port if somebody has taken the one that was free.
    fn start_on_free_port(&mut self, place: usize) -> Result<(), Error> {
        const ATTEMPTS: usize = 5;
        let mut attempt = 1;
        loop {
            let port = ports::free()?;
            let node = &mut self.nodes[place];
            node.port = port;
            node.server.configuration.set("port", &port.to_string());
            node.client.retarget(loopback(port));
            match node.server.start() {
                Err(Error::Exited { log, .. }) if attempt < ATTEMPTS && log.contains("could not bind") => attempt += 1,
                other => return other,
            }
        }
    }

    /// Makes a slot at a node for each of the others, unless it has it.
    fn create_slots(&self, place: usize) -> Result<(), Error> {
        let others = self.nodes.iter().filter(|node| node.name() != self.nodes[place].name());
        let names: Vec<String> = others.map(|node| format!("('{}')", node.name())).collect();
        let statement = format!(
            "SELECT pg_create_physical_replication_slot(name, true) FROM (VALUES {}) AS node (name) \
             WHERE name NOT IN (SELECT slot_name FROM pg_replication_slots)",
            names.join(", ")
        );
        self.administer(place, &statement).map(drop)
    }

    /// Gives a node a copy of the primary's data.
    fn copy_primary(&mut self, place: usize) -> Result<(), Error> {
        self.lead_to_primary(place);
        let (primary, node) = (&self.nodes[self.primary], &self.nodes[place]);
        let mut copy = self.programs.command("pg_basebackup");
        copy.args(["--checkpoint=fast", "--wal-method=stream", "--no-sync", "--pgdata"]).arg(node.server.data());
        run(copy.envs(primary.direct().variables()))?;
        node.server.include()?;
        node.server.mark_as_follower()
    }

    /// Points the link and the configuration of a node to the primary.
    fn lead_to_primary(&mut self, place: usize) {
        let primary = self.nodes[self.primary].address();
        let node = &mut self.nodes[place];
        node.replication.retarget(primary);
        let upstream = ConnectionParameters::new(node.replication.address().port(), &node.password, &node.server.name);
        let slot = node.server.name.clone();
        node.server.configuration.set("primary_conninfo", &upstream.to_string());
        node.server.configuration.set("primary_slot_name", &slot);
    }

    /// Runs statements whose commit waits for nobody.
    fn administer(&self, place: usize, statements: &str) -> Result<String, Error> {
        let node = &self.nodes[place];
        psql::execute(&self.programs, node.name(), &node.direct(), Waits::Locally, statements)
    }

    fn place(&self, name: &str) -> Result<usize, Error> {
        let found = self.nodes.iter().position(|node| node.name() == name);
        found.ok_or_else(|| Error::NoNode { name: name.to_owned(), known: self.settings.names() })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let keep = self.settings.keep_files || std::thread::panicking();
        // Followers last in, first out: none of them looks for a primary that is gone.
        for node in self.nodes.iter_mut().rev() {
            let how = if keep { Stop::Fast } else { Stop::Immediate };
            // Nobody can be told, and a server that does not stop has to end all the same.
            if node.server.stop(how).is_err() {
                drop(node.server.kill());
            }
            if !keep {
                remove_segment(&node.server.data());
            }
        }
        if !keep {
            drop(self.folder.empty());
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Drawn from the kernel, because whoever can connect as superuser can run programs as the account.
fn password() -> Result<String, Error> {
    use std::io::Read;
    let path = std::path::Path::new("/dev/urandom");
    let mut bytes = [0_u8; 16];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).map_err(Error::io("read", path))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
