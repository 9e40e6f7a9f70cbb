//! The configuration of a node, written outside of its data folder. Programs that copy data folders (`pg_basebackup`,
//! `pg_rewind`) copy `postgresql.conf` too, which therefore has one line only: it includes `../node.conf`, so that
//! every node keeps its own port and name.

use std::collections::BTreeMap;

use crate::settings::Settings;

/// The whole text of `postgresql.conf` in the data folder.
pub(crate) const INCLUDE: &str = "include '../node.conf'\n";

/// Names and values of a node's settings.
#[derive(Clone, Debug)]
pub(crate) struct Configuration(BTreeMap<String, String>);

impl Configuration {
    /// What all nodes have in common, and what the settings say.
    pub(crate) fn new(settings: &Settings, name: &str) -> Self {
        let names = settings.names();
        let followers: Vec<&str> = names.iter().map(String::as_str).filter(|other| *other != name).collect();
        let switch = |on: bool| if on { "on" } else { "off" };
        let mut configuration = Self(BTreeMap::new());
        for (name, value) in COMMON {
            configuration.set(name, value);
        }
        configuration.set("cluster_name", name);
        configuration.set("fsync", switch(settings.fsync));
        configuration.set("synchronous_commit", &settings.commit.to_string());
        configuration.set("synchronous_standby_names", &settings.synchronous.standby_names(&followers));
        for (name, value) in &settings.more {
            configuration.set(name, value);
        }
        configuration
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The lines of `node.conf`.
    pub(crate) fn text(&self) -> String {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "''");
        self.0.iter().map(|(name, value)| format!("{name} = '{}'\n", quoted(value))).collect()
    }
}

const COMMON: [(&str, &str); 23] = [
    ("listen_addresses", "127.0.0.1"),
    // Loopback with a password is enough, and paths of sockets are bounded to a hundred bytes.
    ("unix_socket_directories", ""),
    ("max_connections", "60"),
    ("shared_buffers", "32MB"),
    // Segments in the data folder go with it; those in /dev/shm would outlive a server that was killed.
    ("dynamic_shared_memory_type", "mmap"),
    ("wal_level", "replica"),
    ("max_wal_senders", "12"),
    ("max_replication_slots", "12"),
    ("wal_keep_size", "256MB"),
    // What a follower that stays away may cost; after that it has to be rebuilt.
    ("max_slot_wal_keep_size", "1GB"),
    ("min_wal_size", "16MB"),
    // What `pg_rewind` asks for, beside checksums.
    ("wal_log_hints", "on"),
    ("full_page_writes", "on"),
    ("hot_standby", "on"),
    ("recovery_target_timeline", "latest"),
    // A peer that is silent is given up after seconds instead of a minute.
    ("wal_sender_timeout", "5s"),
    ("wal_receiver_timeout", "5s"),
    ("wal_retrieve_retry_interval", "200ms"),
    ("wal_receiver_status_interval", "1s"),
    ("log_line_prefix", "%m [%p] %a "),
    ("log_checkpoints", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
];

#[cfg(test)]
mod tests {
    use super::Configuration;
    use crate::settings::{Settings, Synchronous};

    #[test]
    fn a_node_waits_for_the_others_only() {
        let settings = Settings { synchronous: Synchronous::First(1), ..Settings::new("anywhere") };
        let text = Configuration::new(&settings, "node2").text();
        assert!(text.contains("synchronous_standby_names = 'FIRST 1 (node1, node3)'\n"), "{text}");
        assert!(text.contains("cluster_name = 'node2'\n") && text.contains("fsync = 'off'\n"), "{text}");
    }

    #[test]
    fn values_are_quoted_and_later_ones_stand() {
        let more = vec![("log_line_prefix".to_owned(), "it's \\n ".to_owned())];
        let text = Configuration::new(&Settings { more, ..Settings::new("anywhere") }, "node1").text();
        assert!(text.contains("log_line_prefix = 'it''s \\\\n '\n"), "{text}");
        assert_eq!(text.matches("log_line_prefix").count(), 1);
    }
}
