//! How a client reaches a node: the keywords and values of libpq ("Database Connection Control Functions"), which
//! `psql`, `tokio-postgres` and other drivers read.

use std::fmt;

/// What a client needs to connect. `Display` writes the string of keywords and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionParameters {
    /// Always an address of the loopback interface.
    pub host: &'static str,
    /// The port of the server, or of the link in front of it.
    pub port: u16,
    /// The superuser.
    pub user: &'static str,
    /// Drawn anew for each cluster, so that other users of the machine stay out.
    pub password: String,
    /// The database.
    pub dbname: &'static str,
    /// The name that the server shows for the connection.
    pub application_name: String,
}

impl ConnectionParameters {
    pub(crate) fn new(port: u16, password: &str, application_name: &str) -> Self {
        let (password, application_name) = (password.to_owned(), application_name.to_owned());
        Self { host: "127.0.0.1", port, user: "postgres", password, dbname: "postgres", application_name }
    }

    /// As the environment variables of libpq, which no list of processes shows to others.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 7] {
        [
            ("PGHOST", self.host.to_owned()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", self.user.to_owned()),
            ("PGPASSWORD", self.password.clone()),
            ("PGDATABASE", self.dbname.to_owned()),
            ("PGAPPNAME", self.application_name.clone()),
            ("PGCONNECT_TIMEOUT", "10".to_owned()),
        ]
    }
}

impl fmt::Display for ConnectionParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, password, dbname, application_name } = self;
        write!(f, "host={host} port={port} user={user} password={password} dbname={dbname} application_name={application_name}")
    }
}
